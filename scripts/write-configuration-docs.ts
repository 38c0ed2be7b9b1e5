import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type OptionDoc } from '../src/config/options.js'
import { optionsByKey } from '../src/config/read-config.js'
import { packageRoot } from '../src/package-root.js'
import { format } from 'prettier'

// `npm run docs:config` writes docs/configuration.md from src/config/options.ts. .ci/run fails if it is stale.

const introduction = `# Configuration

<!-- Written by \`npm run docs:config\` from src/config/options.ts. Change it there. -->

All settings are environment variables. With the embedded database, all of them are optional. They are checked together at the start. If a value is invalid or missing, the process exits with code 78 and prints one line per problem to standard error, with the variable and what it must be. Values never appear in that output. An empty variable is treated as unset.

`

const example = `
## What an invalid setting looks like

\`\`\`
$ PORT=http NODE_ENV=production npx otp-admin serve
PORT: must be ${optionsByKey.get('port')?.expected}
SECRET_KEYS: must be set in production: ${optionsByKey.get('secretKeys')?.expected}
\`\`\`
`

const cell = (text: string) => text.replaceAll('|', '\\|')

function row({ name, default: unset, unit, expected, text }: OptionDoc): string {
  const defaultText = /unset|generated|`/.test(unset) ? unset : `\`${unset}\``
  return `| \`${name}\` | ${cell(defaultText)}${unit ? ` ${unit}` : ''} | ${cell(text)} | ${cell(expected)} |`
}

const table = [
  '| variable | default | meaning | must be |',
  '| --- | --- | --- | --- |',
  ...[...optionsByKey.values()].map(row),
].join('\n')

const page = await format(`${introduction}${table}\n${example}`, { parser: 'markdown' })
const target = path.resolve(process.argv[2] ?? path.join(packageRoot, 'docs/configuration.md'))
await mkdir(path.dirname(target), { recursive: true })
await writeFile(target, page)
