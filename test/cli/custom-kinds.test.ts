import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSoftwareYubikey } from '../examples/custom-device/software-yubikey.js'
import { installExample } from '../examples/run-example.js'
import { type CommandResult, type RunningServer, startCommands, startServer } from '../support/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { createHttpBrowser } from '../support/http-browser.js'

const PASSWORD = 'a long passphrase nobody else uses'

let example: ReturnType<typeof installExample>
let commands: ReturnType<typeof startCommands>
let server: RunningServer
const environment: Record<string, string> = {
  NODE_ENV: 'test',
  SECRET_KEYS: randomBytes(32).toString('base64'),
  DATA_DIR: temporaryFolder('migrated'),
}

/** What was published to the server for ntfy, by topic. */
const published = new Map<string, string>()
const ntfy = createServer((req, res) => void publish(req, res))

async function publish(req: IncomingMessage, res: ServerResponse): Promise<void> {
  published.set((req.url ?? '').slice(1), await text(req))
  res.end()
}

beforeAll(async () => {
  await once(ntfy.listen(0, '127.0.0.1'), 'listening')
  const address = ntfy.address()
  environment['NTFY_SERVER'] = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  example = installExample('custom-device')
  environment['OTP_KINDS'] = path.join(example.folder, 'kinds.js')
  commands = startCommands()
  server = await startServer(environment)
}, 300_000)

afterAll(async () => {
  await server.stop()
  commands.stop()
  ntfy.close()
  example.remove()
  rmSync(environment['DATA_DIR'] ?? '', { recursive: true, force: true })
})

const run = async (
  args: string,
  input: string | Buffer = '',
  changed: Record<string, string> = {},
): Promise<CommandResult> => await commands.run(args.split(' '), { ...environment, ...changed }, input)

let users = 0
async function createUser(): Promise<string> {
  const email = `kinds${(users += 1)}@example.com`
  await run(`create-user --email ${email} --staff --password-stdin`, PASSWORD)
  return email
}

/** The fields of the setup form for a key. */
function formOf(key = createSoftwareYubikey()): Record<string, string> {
  return { private_id: key.privateId, aes_key: key.aesKey, otp: key.touch() }
}

const addKey = async (email: string, key = createSoftwareYubikey()) =>
  await run(`add-yubikey --user ${email} --fields-stdin`, JSON.stringify(formOf(key)))

describe('with a module of custom kinds', () => {
  it('add-yubikey adds a device that signs in at a server with the same module', async () => {
    const email = await createUser()
    const key = createSoftwareYubikey()
    expect(await addKey(email, key)).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^yubikey\/\d+\n$/),
      stderr: '',
    })

    const browser = createHttpBrowser(server.address.replace(/\/admin$/, ''))
    await browser.post('/account/login', { username: email, password: PASSWORD })
    const signedIn = await browser.post('/account/login', { otp_token: key.touch() })
    expect(signedIn.location).toBe('/admin')
    expect((await browser.get('/account/two-factor')).text).toContain('YubiKey')
  })

  it('serve delivers the codes of its kinds', async () => {
    const email = await createUser()
    const topic = randomBytes(16).toString('hex')
    const added = await run(`add-ntfy --user ${email} --fields-stdin`, JSON.stringify({ topic }))
    expect(added).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ntfy\/\d+\n$/) })

    const browser = createHttpBrowser(server.address.replace(/\/admin$/, ''))
    await browser.post('/account/login', { username: email, password: PASSWORD })
    await browser.post('/account/login', { otp_device: added.stdout.trim(), otp_challenge: 'send' })
    await expect.poll(() => published.get(topic), { timeout: 20_000 }).toMatch(/^\d{6} is your code/)
    const signedIn = await browser.post('/account/login', { otp_token: published.get(topic)?.slice(0, 6) ?? '' })
    expect(signedIn.location).toBe('/admin')
  })

  it('two-factor-status, unlock and two-factor-disable include its devices', async () => {
    const email = await createUser()
    await addKey(email)
    expect((await run(`two-factor-status ${email}`)).stdout).toBe(`${email}: enabled\n`)
    expect((await run(`unlock --user ${email}`)).status).toBe(0)
    expect((await run(`two-factor-disable ${email}`)).stderr).toContain('Removed 1 device.')
    expect((await run(`two-factor-status ${email}`)).stdout).toBe(`${email}: disabled\n`)
  })

  it('names the device as --name says, and lists the command in the help', async () => {
    const email = await createUser()
    const added = await run(`add-yubikey --user ${email} --fields-stdin --name Blue`, JSON.stringify(formOf()))
    expect(added.status).toBe(0)
    expect((await run('--help')).stdout).toContain('  add-yubikey ')
  })

  const invalid: [what: string, input: string | Buffer, says: string][] = [
    ['no fields', '', 'must be a JSON object of texts'],
    ['a text that is not JSON', 'QQQQ', 'must be a JSON object of texts'],
    ['a list', '["QQQQ"]', 'must be a JSON object of texts'],
    ['a number', '{"otp": 12345678}', 'must be a JSON object of texts'],
    ['a NUL', '{"otp": "QQQQ\\u0000"}', 'must be a JSON object of texts'],
    ['half of a surrogate pair', '{"otp": "QQQQ\\ud800"}', 'must be a JSON object of texts'],
    ['a prototype', '{"__proto__": {"otp": "QQQQ"}}', 'That is not a one-time password from a YubiKey.'],
    ['a text named like a prototype', '{"__proto__": "QQQQ"}', 'That is not a one-time password from a YubiKey.'],
    ['nested lists', `{"otp": ${'['.repeat(8000)}${']'.repeat(8000)}}`, 'must be a JSON object of texts'],
    ['more than standard input may have', ' '.repeat(70_000) + '{"otp": "QQQQ"}', 'must have at most 65536 bytes'],
    ['bytes that are not UTF-8', Buffer.from('{"otp": "QQQQ\xff"}', 'latin1'), 'must be a text in UTF-8'],
    ['too much', JSON.stringify({ otp: 'QQQQ'.repeat(5000) }), 'must be a JSON object of texts'],
    ['a field that is too long', JSON.stringify({ otp: 'QQQQ'.repeat(20) }), 'missing, unknown or invalid: otp'],
    ['no token', '{}', 'That is not a one-time password from a YubiKey.'],
    [
      'another key',
      JSON.stringify({ ...formOf(), aes_key: 'ab'.repeat(16) }),
      'The key you touched has a different AES key',
    ],
  ]

  it.each(invalid)('add-yubikey rejects %s without repeating it', async (_what, input, says) => {
    const email = await createUser()
    const { status, stdout, stderr } = await run(`add-yubikey --user ${email} --fields-stdin`, input)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('--fields-stdin: ')
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/QQQQ|12345678|abab/)
    expect((await run(`two-factor-status ${email}`)).stdout).toBe(`${email}: disabled\n`)
  })

  it('add-yubikey takes no secret as an argument', async () => {
    const { status, stderr } = await run('add-yubikey --user a@example.com --fields {}')
    expect(status).toBe(2)
    expect(stderr).toContain("unknown option '--fields'")
  })

  it('add-yubikey rejects an unknown user and a key that someone else has', async () => {
    const key = createSoftwareYubikey()
    await addKey(await createUser(), key)
    const taken = await addKey(await createUser(), key)
    expect(taken.status).toBe(2)
    expect(taken.stderr).toContain('--fields-stdin: ')
    expect((await addKey('nobody@example.com')).stderr).toContain('unknown_user: ')
  })
})

describe('with a module that cannot be used', () => {
  const modules: [what: string, source: string | null, status: number, says: string][] = [
    ['is missing', null, 78, 'kinds_module_invalid: The module in OTP_KINDS does not exist.'],
    ['throws', 'throw new Error("no server")', 78, 'cannot be loaded (no server)'],
    ['has a syntax error', 'export const = 1', 78, 'kinds_module_invalid: '],
    ['exports no kinds', 'export const yubikey = {}', 78, 'does not export `kinds`'],
    ['exports one kind instead of a list', 'export const kinds = {}', 78, 'does not export `kinds`'],
    ['exports something else in the list', 'export const kinds = [{ name: "x" }]', 78, 'does not export `kinds`'],
    ['exports a kind twice', 'export const kinds = [yubikeyKind(), yubikeyKind()]', 1, 'kind_name_taken: '],
    [
      'exports a kind with the name of a built-in one',
      'export const kinds = [{ ...yubikeyKind(), name: "totp" }]',
      1,
      'kind_name_taken: ',
    ],
  ]

  it.each(modules)('a command names the problem if it %s', async (what, source, status, says) => {
    const file = path.join(example.folder, `${what.replaceAll(' ', '-')}.js`)
    if (source !== null) writeFileSync(file, `import { yubikeyKind } from './yubikey/kind.js'\n${source}\n`)
    for (const args of ['two-factor-status a@example.com', 'migrate', 'add-yubikey --user a@example.com']) {
      const rejected = await run(args, '', { OTP_KINDS: file })
      expect({ status: rejected.status, stdout: rejected.stdout }).toEqual({ status, stdout: '' })
      expect(rejected.stderr).toContain(says)
      expect(rejected.stderr).not.toMatch(/^ +at /m)
    }
    expect((await run('--help', '', { OTP_KINDS: file })).status).toBe(0)
  })

  it('an unknown command is still wrong usage', async () => {
    expect(await run('add-nothing')).toMatchObject({ status: 2, stdout: '' })
  })
})
