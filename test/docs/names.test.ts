import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { yubikeyKind } from '../../examples/custom-device/yubikey/kind.js'
import { withFormCommand } from '../../src/cli/form-command.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { createProgram } from '../../src/cli/program.js'
import { optionsByKey } from '../../src/config/read-config.js'
import * as kindNames from '../../src/custom-kinds.js'
import * as mainNames from '../../src/index.js'
import { packageRoot } from '../../src/package-root.js'
import * as testingNames from '../../src/testing/index.js'
import { readTexts } from '../i18n/read-texts.js'

const read = (file: string) => readFileSync(path.join(packageRoot, file), 'utf8')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(packageRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join('docs', name.replaceAll('\\', '/')))
    .filter((file) => file.endsWith('.md') && !file.startsWith('docs/api/')),
]

/** Every match of a pattern in the documents, as `page: text`, except the allowed ones. */
function unknown(pattern: RegExp, isKnown: (...groups: string[]) => boolean): string[] {
  return pages.flatMap((page) =>
    [...read(page).matchAll(pattern)]
      .filter(([, ...groups]) => !isKnown(...groups.map((group) => group ?? '')))
      .map(([text]) => `${page}: ${text}`),
  )
}

const entryPoints: Readonly<Record<string, readonly string[]>> = {
  'otp-admin-site': Object.keys(mainNames),
  'otp-admin-site/kinds': Object.keys(kindNames),
  'otp-admin-site/testing': Object.keys(testingNames),
}

describe('the documents', () => {
  it('import only names that the package exports', () => {
    const isExported = (names = '', entryPoint = '') =>
      names.split(',').every((name) => entryPoints[entryPoint]?.includes(name.trim()))
    expect(unknown(/import \{ ([\w, ]+) \} from '(otp-admin-site[/\w]*)'/g, isExported)).toEqual([])
  })

  it('run only commands and options that exist', () => {
    const commands = new Map(
      createProgram([...builtInKinds, withFormCommand(yubikeyKind())]).commands.map((command) => [
        command.name(),
        command.options.map(({ long }) => long ?? ''),
      ]),
    )
    const isCommand = (name = '', rest = '') => {
      const options = commands.get(name)
      return options !== undefined && [...rest.matchAll(/--[\w-]+/g)].every(([option]) => options.includes(option))
    }
    expect(unknown(/\botp-admin ([a-z][\w-]*)([^\n`#|]*)/g, isCommand)).toEqual([])
  })

  it('name only settings that exist', () => {
    const names = [...optionsByKey.values()].map(({ name }) => name)
    const prefixes = /`((?:OTP|SMTP|MAIL|TWILIO|DATABASE|SECRET|TRUST|LOGIN|SMS|BASE|DATA|SITE|LOG|NODE)_[A-Z_]+)\b/g
    expect(unknown(prefixes, (name = '') => names.includes(name))).toEqual([])
  })

  it('name only buttons and labels that the interface has', () => {
    const texts = new Set(readTexts('en').values())
    const guides = ['docs/guides/staff.md', 'docs/guides/administrators.md', 'docs/tutorials/existing-adminjs.md']
    const labels = guides.flatMap((page) =>
      [...read(page).matchAll(/\*\*(.+?)\.?\*\*/g)].map(([, label = '']) => label),
    )
    expect(labels.filter((label) => !texts.has(label))).toEqual([])
  })
})
