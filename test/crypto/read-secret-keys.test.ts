import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isGuessableKey } from '../../src/config/is-guessable-key.js'
import { parseSecretKeys } from '../../src/config/parse-secret-keys.js'
import { readConfig } from '../../src/config/read-config.js'
import { weakSettings } from '../../src/config/weak-settings.js'
import { createKeyring } from '../../src/crypto/keyring.js'
import { createOtpAdminSite } from '../../src/create-site.js'
import { readSecretKeys } from '../../src/read-secret-keys.js'
import { packageRoot } from '../../src/package-root.js'
import { buildProgram, otpAdmin } from '../support/command-line.js'
import { testConfig } from '../support/config.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const key = randomBytes(32)
const good = key.toString('base64')
const other = randomBytes(48).toString('base64')

const invalid: [what: string, text: string][] = [
  ['nothing', ''],
  ['a space', ' '],
  ['31 bytes', randomBytes(31).toString('base64')],
  ['31 bytes in base64url', randomBytes(31).toString('base64url')],
  ['32 characters, which are 24 bytes', randomBytes(24).toString('base64')],
  ['hex digits of 16 bytes', randomBytes(16).toString('hex')],
  ['a comma alone', ','],
  ['a comma at the end', `${good},`],
  ['a short key after a good one', `${good},c2hvcnQ=`],
  ['a short key before a good one', `c2hvcnQ=,${good}`],
  ['one key twice', `${good},${good}`],
  ['one key twice, in two encodings', `${good},${key.toString('base64url')}`],
  ['quotes', `"${good}"`],
  ['a key that was cut off', good.slice(0, 40)],
  ['a character that base64 does not have', `${good.slice(0, -2)}!=`],
  ['a line break inside', `${good.slice(0, 20)}\n${good.slice(20)}`],
  ['text with padding in the middle', `${good}${good}`],
]

const accepted: [what: string, text: string, keys: number][] = [
  ['32 bytes', good, 1],
  ['more than 32 bytes', other, 1],
  ['base64url', key.toString('base64url'), 1],
  ['base64 without padding', good.replace(/=+$/, ''), 1],
  ['a newline at the end', `${good}\n`, 1],
  ['space around keys', ` ${good} , ${other}\r\n`, 2],
]

describe('key material', () => {
  it.each(invalid)('is rejected in SECRET_KEYS, never shortened: %s', (_what, keyText) => {
    expect(parseSecretKeys(keyText)).toBeNull()
    if (keyText === '') return
    expect(readConfig({ SECRET_KEYS: keyText })).toMatchObject({ ok: false, issues: [{ variable: 'SECRET_KEYS' }] })
  })

  it.each(accepted)('is accepted: %s', (_what, keyText, count) => {
    const keys = parseSecretKeys(keyText)
    expect(keys).toHaveLength(count)
    expect(keys?.every(({ length }) => length >= 32)).toBe(true)
    expect(readConfig({ SECRET_KEYS: keyText }).ok).toBe(true)
  })

  it.each([0, 1, 16, 31])('of %i bytes is rejected by the package', (bytes) => {
    const error = expect.objectContaining({ code: 'secret_key_invalid' })
    expect(() => createKeyring([randomBytes(bytes)])).toThrow(error)
    expect(() => createKeyring([key, randomBytes(bytes)])).toThrow(error)
  })

  it('is rejected by the package in its config, before anything is opened', async () => {
    const config = { SECRET_KEYS: good.slice(0, 40), DATA_DIR: '/nowhere' }
    await expect(createOtpAdminSite({ config })).rejects.toMatchObject({ code: 'options_refused' })
  })
})

const ofText = (phrase: string) => Buffer.from(phrase.padEnd(32, phrase)).toString('base64')
const zeros = Buffer.alloc(32).toString('base64')
const guessable: [what: string, text: string][] = [
  ['zeros', zeros],
  ['one byte repeated', Buffer.alloc(48, 7).toString('base64')],
  ['one letter in base64', 'Q'.repeat(43)],
  ['one word repeated in base64', 'changeme'.repeat(6)],
  ['changeme as text', ofText('changeme')],
  ['change-me in base64url', 'change-me-to-something-that-is-really-random'],
  ['a sentence with a placeholder', ofText('Please replace this by your own')],
  ['secret key as text', ofText('my very secret key for the panel')],
  ['digits', ofText('12345678901234567890')],
  ['numbers in a row', Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64')],
  ['numbers that go down', Buffer.from(Array.from({ length: 40 }, (_, index) => 250 - 3 * index)).toString('base64')],
  ['the alphabet of base64', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr'],
  ['a random half twice', Buffer.concat([key.subarray(0, 16), key.subarray(0, 16)]).toString('base64')],
  ['a random word again and again', Buffer.alloc(44, key.subarray(0, 11)).toString('base64')],
]

describe('a key that can be guessed', () => {
  const production = { NODE_ENV: 'production', BASE_URL: 'https://admin.example.com' }

  it('is rejected as the newest in production if it is all zeros', () => {
    for (const keys of [zeros, `${zeros},${good}`, Buffer.alloc(64).toString('base64')])
      expect(readConfig({ ...production, SECRET_KEYS: keys })).toEqual({
        ok: false,
        issues: [{ variable: 'SECRET_KEYS', message: expect.stringMatching(/^must begin with a random key/) }],
      })
  })

  it.each(guessable)('is accepted with a warning, as the newest only if it is not all zeros: %s', (_what, keyText) => {
    expect(parseSecretKeys(keyText)).not.toBeNull()
    for (const keys of [`${good},${keyText}`, ...(keyText === zeros ? [] : [keyText])]) {
      const result = readConfig({ ...production, SECRET_KEYS: keys })
      expect(result.ok && weakSettings(result.config, 'https://admin.example.com')).toMatchObject([
        { variable: 'SECRET_KEYS' },
      ])
    }
  })

  it('is rejected in DATA_DIR if it is all zeros, and left unchanged', () => {
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, 'secret-key'), zeros)
    expect(() => readSecretKeys(testConfig({ DATA_DIR: folder }))).toThrow(
      expect.objectContaining({ code: 'secret_key_invalid' }),
    )
    expect(readFileSync(path.join(folder, 'secret-key'), 'utf8')).toBe(zeros)
    rmSync(folder, { recursive: true, force: true })
  })

  it('is never reported for a random key, or for the hex or Base64 text of one', () => {
    for (let round = 0; round < 5000; round += 1) {
      const random = randomBytes(32 + (round % 33))
      const encodings = [random, Buffer.from(random.toString('hex')), Buffer.from(random.toString('base64'))]
      expect(encodings.filter(isGuessableKey)).toEqual([])
    }
  })

  it('is reported for any short sequence of bytes that is repeated to the length of a key', () => {
    for (let round = 0; round < 500; round += 1) {
      const sequence = randomBytes(1 + (round % 16))
      expect(isGuessableKey(Buffer.alloc(32 + (round % 40), sequence))).toBe(true)
    }
  })
})

describe('the generated key', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = temporaryFolder()
    file = path.join(folder, 'secret-key')
    return () => rmSync(folder, { recursive: true, force: true })
  })
  const read = () => readSecretKeys(testConfig({ DATA_DIR: folder })).ids

  it('is created once, readable only by its owner, and leaves no other file', () => {
    const first = read()
    expect(read()).toEqual(first)
    expect(readdirSync(folder)).toEqual(['secret-key'])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(Buffer.from(readFileSync(file, 'utf8'), 'base64')).toHaveLength(32)
  })

  it('is not read from the file of an interrupted start', () => {
    writeFileSync(`${file}.77.0a1b2c.new`, good.slice(0, 10))
    const ids = read()
    expect(ids).toEqual(createKeyring([Buffer.from(readFileSync(file, 'utf8'), 'base64')]).ids)
  })

  it('is rejected if its file was truncated at any length', () => {
    for (let length = 0; length < 43; length += 1) {
      writeFileSync(file, good.slice(0, length))
      expect(read).toThrow(expect.objectContaining({ code: 'secret_key_invalid' }))
      expect(readFileSync(file, 'utf8')).toBe(good.slice(0, length))
    }
  })

  it('is the same for processes that start at the same time', async () => {
    const start = async (script: string[], where: string) => {
      const child = spawn(process.execPath, script, { cwd: packageRoot, env: { ...process.env, DATA_DIR: where } })
      return text(child.stdout)
    }
    const spare = temporaryFolder()
    await start(['scripts/run-typescript.mjs', 'test/support/print-key-id.ts'], spare)
    rmSync(spare, { recursive: true, force: true })
    const starts = Array.from({ length: 6 }, () => start(['dist/scripts/print-key-id.mjs'], folder))
    const ids = new Set(await Promise.all(starts))
    expect([...ids]).toEqual([`${read().join()}\n`])
    expect(readdirSync(folder)).toEqual(['secret-key'])
  }, 300_000)

  describe('on the command line', () => {
    beforeAll(buildProgram, 300_000)
    let data: string
    afterAll(() => rmSync(data, { recursive: true, force: true }))

    it.each(['serve', 'two-factor-status ada@example.com'])(
      '%s exits with 78 if the file is empty',
      async (command) => {
        data = temporaryFolder('migrated')
        writeFileSync(path.join(data, 'secret-key'), '')
        const ended = await otpAdmin(command.split(' '), { DATA_DIR: data, PORT: '0' })
        expect(ended).toMatchObject({ status: 78, stdout: '' })
        expect(ended.stderr).toMatch(/^secret_key_invalid: .*secret-key is empty or damaged.*\n$/)
      },
    )

    it('serve exits with 78 if the key is all zeros, in production and in the file', async () => {
      const folder = temporaryFolder('migrated')
      const environment = { DATA_DIR: folder, PORT: '0' }
      const inProduction = await otpAdmin(['serve'], { ...environment, NODE_ENV: 'production', SECRET_KEYS: zeros })
      expect(inProduction).toMatchObject({ status: 78, stdout: '' })
      expect(inProduction.stderr).toMatch(/^SECRET_KEYS: must begin with a random key/)
      expect(inProduction.stderr).not.toContain(zeros)
      writeFileSync(path.join(folder, 'secret-key'), zeros)
      expect(await otpAdmin(['serve'], environment)).toMatchObject({ status: 78, stdout: '' })
      rmSync(folder, { recursive: true, force: true })
    })
  })
})
