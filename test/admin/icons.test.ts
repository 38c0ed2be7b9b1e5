import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { packageRoot } from '../../src/package-root.js'
import { readSources } from '../i18n/read-texts.js'

const bundled = readFileSync(path.join(packageRoot, 'scripts/panel/slim-frontend.mjs'), 'utf8')
const [, list = ''] = /const icons = \(([\s\S]*?)\)\.split/.exec(bundled) ?? []
const icons = new Set(list.match(/\w+/g))

const named = readSources()
  .filter(({ file }) => file.startsWith('src/admin/'))
  .flatMap(({ source }) => [...source.matchAll(/\bicon: '(\w+)'/g)].map(([, icon = '']) => icon))

it('bundles every icon that the panel names, since a missing one draws nothing', () => {
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((icon) => !icons.has(icon))).toEqual([])
})
