import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { root } from '../root.js'

const texts = z.object({ adminjs: z.record(z.string(), z.record(z.string(), z.unknown())) })

/** The panel's labels and messages in AdminJS's own layout: `locales/en/panel.json`, under `adminjs`. */
export function panelTexts(): z.output<typeof texts>['adminjs'] {
  return texts.parse(JSON.parse(readFileSync(path.join(root, 'locales/en/panel.json'), 'utf8'))).adminjs
}
