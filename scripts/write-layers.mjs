import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import prettier from 'prettier'
import { layers } from '../.ci/layers.mjs'
import { root } from './build-cache.mjs'

// `npm run docs:layers` writes the table of layers in docs/architecture.md from .ci/layers.mjs.
const page = path.join(root, 'docs/architecture.md')

const names = readdirSync(path.join(root, 'src'))
const [begin, end] = ['<!-- layers: npm run docs:layers -->', '<!-- end of layers -->']

/** @returns the page with the table as it should be */
export async function withLayers(text) {
  const [before, after] = [text.split(begin)[0], text.split(end)[1]]
  if (after === undefined) throw new Error(`docs/architecture.md lacks ${begin} or ${end}.`)
  const whole = `${before}${begin}\n\n${table()}\n\n${end}${after}`
  return prettier.format(whole, { ...(await prettier.resolveConfig(page)), filepath: page })
}

function table() {
  const rows = layers
    .map(({ parts, holds }) => ({ found: parts.flatMap(named), holds }))
    .filter(({ found }) => found.length > 0)
    .map(({ found, holds }, index) => `| ${index} | ${found.join(', ')} | ${holds} |`)
  return ['| layer | in `src/` | what it contains |', '| --- | --- | --- |', ...rows.toReversed()].join('\n')
}

/** A folder as `otp/`, a file as `site.ts`. */
function named(part) {
  if (names.includes(part)) return [`\`${part}/\``]
  return names.includes(`${part}.ts`) ? [`\`${part}.ts\``] : []
}

if (process.argv[1] === import.meta.filename) writeFileSync(page, await withLayers(readFileSync(page, 'utf8')))
