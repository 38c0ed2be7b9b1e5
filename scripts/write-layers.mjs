import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import prettier from 'prettier'
import { layers } from '../.ci/layers.mjs'
import { repositoryRoot } from './build-cache.mjs'

// `npm run docs:layers` writes the table of layers in docs/architecture.md from .ci/layers.mjs.
const page = path.join(repositoryRoot, 'docs/architecture.md')

const names = readdirSync(path.join(repositoryRoot, 'src'))
const [begin, end] = ['<!-- layers: npm run docs:layers -->', '<!-- end of layers -->']

/** Replaces the table of layers in the text of docs/architecture.md. */
export async function withLayers(text) {
  const [before, after] = [text.split(begin)[0], text.split(end)[1]]
  if (after === undefined) throw new Error(`docs/architecture.md does not contain ${begin} or ${end}.`)
  const updated = `${before}${begin}\n\n${table()}\n\n${end}${after}`
  return prettier.format(updated, { ...(await prettier.resolveConfig(page)), filepath: page })
}

function table() {
  const rows = layers
    .map(({ parts, contains }) => ({ found: parts.flatMap(formatPart), contains }))
    .filter(({ found }) => found.length > 0)
    .map(({ found, contains }, index) => `| ${index} | ${found.join(', ')} | ${contains} |`)
  return ['| layer | in `src/` | what it contains |', '| --- | --- | --- |', ...rows.toReversed()].join('\n')
}

/** Formats a part: a folder as `otp/`, a file as `site.ts`, a part that does not exist as nothing. */
function formatPart(part) {
  if (names.includes(part)) return [`\`${part}/\``]
  return names.includes(`${part}.ts`) ? [`\`${part}.ts\``] : []
}

if (process.argv[1] === import.meta.filename) writeFileSync(page, await withLayers(readFileSync(page, 'utf8')))
