import { spawnSync } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askServers, readAnswer, sign } from '../../../examples/custom-device/yubikey/query-servers.js'
import {
  couldBeOtp,
  crc16,
  decodeModhex,
  decryptBlock,
  encodeModhex,
  splitOtp,
} from '../../../examples/custom-device/yubikey/parse-otp.js'
import { createSoftwareYubikey, type SoftwareYubikey, typeOtp } from './software-yubikey.js'
import { API_KEY, startValidationServer, type ValidationServer } from './validation-server.js'
import { has, hasYubiserver, startYubiserver, type Yubiserver } from './yubiserver.js'

const soon = () => AbortSignal.timeout(60_000)

const without = (answer: Record<string, string>, name: string) =>
  Object.fromEntries(Object.entries(answer).filter(([each]) => each !== name))

describe('a Yubico OTP', () => {
  it('is written in modhex (yubico-c, tests/selftest.c and test-vectors.txt)', () => {
    expect(encodeModhex(Buffer.from('test'))).toBe('ifhgieif')
    expect(decodeModhex('urtubjtnuihvntcreeeecvbregfjibtn').toString('hex')).toBe('ecde18dbe76fbd0c33330f1c354871db')
    expect(encodeModhex(Buffer.from('0123456789abcdef', 'hex'))).toBe('cbdefghijklnrtuv')
  })

  it.each([
    ['ecde18dbe76fbd0c33330f1c354871db', 'dteffuje', 'hknhfjbrjnlnldnhcujvddbikngjrtgh', '8792ebfe26cc', 0x13, 0x11],
    ['000102030405060708090a0b0c0d0e0f', 'cccccccccccb', 'dvgtiblfkbgturecfllberrvkinnctnn', '010203040506', 1, 1],
    ['000102030405060708090a0b0c0d0e0f', 'cccccccccccb', 'rnibcnfhdninbrdebccrndfhjgnhftee', '010203040506', 1, 2],
    ['000102030405060708090a0b0c0d0e0f', 'cccccccccccb', 'iikkijbdknrrdhfdrjltvgrbkkjblcbh', '010203040506', 0xfff, 1],
    ['c4422890653076cde73d449b191b416a', 'cccccccccccb', 'iucvrkjiegbhidrcicvlgrcgkgurhjnj', '33c69e7f249e', 1, 0],
  ])(
    'is opened with its AES key (yubico-c, tests/selftest.c): %s %s%s',
    (key, id, block, privateId, plugged, touched) => {
      const typed = splitOtp(id + block)
      expect(typed?.publicId).toBe(id)
      const said = typed && decryptBlock(typed.block, Buffer.from(key, 'hex'))
      expect(said?.privateId.toString('hex')).toBe(privateId)
      expect(said?.counter).toBe(plugged * 256 + touched)
    },
  )

  it('has a CRC that leaves 0xf0b8, and none is accepted without', () => {
    expect(crc16(Buffer.from('8792ebfe26cc130030c20011c89f23c8', 'hex'))).toBe(0xf0b8)
    expect(decryptBlock(decodeModhex('hknhfjbrjnlnldnhcujvddbikngjrtgh'), Buffer.alloc(16))).toBeNull()
  })

  it('says by one bit of its counter that Caps Lock was on, and its letters are large then', () => {
    const key = { ...createSoftwareYubikey(), plugged: 0x8000 | 42, touched: 3 }
    const typed = splitOtp(typeOtp(key).toUpperCase())
    expect(typed && decryptBlock(typed.block, Buffer.from(key.aesKey, 'hex'))?.counter).toBe(42 * 256 + 3)
  })

  it('is told from anything else by its letters and their number', () => {
    expect(couldBeOtp(createSoftwareYubikey().touch())).toBe(true)
    for (const text of ['', '123456', 'c'.repeat(32), 'c'.repeat(33), 'c'.repeat(49), `${'c'.repeat(43)}a`])
      expect(couldBeOtp(text)).toBe(false)
  })

  const ykgenerate = has('ykgenerate')
  it.skipIf(!ykgenerate)('is what Debian’s ykgenerate makes (without it: skipped)', () => {
    for (let round = 0; round < 20; round += 1) {
      const [key, privateId] = [randomBytes(16), randomBytes(6)]
      const [plugged, touched] = [randomInt(0x7fff), randomInt(256)]
      const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
      const args = [key.toString('hex'), privateId.toString('hex'), hex(plugged, 4), '1234', '56', hex(touched, 2)]
      const made = spawnSync('ykgenerate', args, { encoding: 'utf8' }).stdout.trim()
      const said = decryptBlock(decodeModhex(made), key)
      expect(said).toEqual({ privateId, counter: plugged * 256 + touched, timestamp: 0x561234 })
    }
  })

  it.skipIf(!ykgenerate)('is read by Debian’s ykparse as it was made here (without it: skipped)', () => {
    const key = createSoftwareYubikey()
    const { stdout } = spawnSync('ykparse', [key.aesKey, key.touch().slice(-32)], { encoding: 'utf8' })
    expect(stdout).toContain(`uid: ${key.privateId.match(/../g)?.join(' ')}`)
    expect(stdout).toContain('session use: 1 (0x01)')
    expect(stdout).toContain('crc check: ok')
  })
})

describe('the validation protocol', () => {
  let server: ValidationServer
  let key: SoftwareYubikey
  beforeAll(async () => {
    server = await startValidationServer()
  })
  afterAll(() => server.close())

  const ask = (otp: string, urls = [server.url], signal = soon()) =>
    askServers({ urls, clientId: '1', apiKey: API_KEY }, otp, signal)
  const fresh = () => {
    key = createSoftwareYubikey()
    server.knows(key)
    server.spoil((answer) => answer)
    server.spoil((answer) => answer, { signed: true })
    server.wait(Promise.resolve())
    return key
  }

  it('signs as the published example does (developers.yubico.com, OTP, Test vectors)', () => {
    const fields = {
      id: '1',
      otp: 'vvungrrdhvtklknvrtvuvbbkeidikkvgglrvdgrfcdft',
      nonce: 'jrFwbaYFhn0HoxZIsd9LQ6w2ceU',
    }
    expect(sign(fields, 'mG5be6ZJU1qBGz24yPh/ESM3UdU=')).toBe('+ja8S3IjbX593/LAgTBixwPNGX4=')
  })

  it('asks with a nonce of its own each time, for counters, and signed', async () => {
    const { touched } = fresh()
    expect(await ask(key.touch())).toEqual({ status: 'OK', counter: 257 + touched, timestamp: 8 })
    expect(await ask(key.touch())).toEqual({ status: 'OK', counter: 258 + touched, timestamp: 16 })
    const [first, second] = server.asked.slice(-2).map((query) => Object.fromEntries(query))
    expect(first?.['nonce']).toMatch(/^[0-9a-f]{32}$/)
    expect(first?.['nonce']).not.toBe(second?.['nonce'])
    const { h, ...fields } = first ?? {}
    expect(fields).toMatchObject({ id: '1', sl: '50', timestamp: '1' })
    expect(h).toBe(sign(fields, API_KEY))
  })

  it('hears a no: used before, or of no key that is known', async () => {
    const otp = fresh().touch()
    await ask(otp)
    expect(await ask(otp)).toEqual({ status: 'refused' })
    expect(await ask(createSoftwareYubikey().touch())).toEqual({ status: 'refused' })
  })

  it.each<[string, (answer: Record<string, string>) => Record<string, string>, boolean]>([
    ['another nonce', (answer) => ({ ...answer, nonce: '0'.repeat(32) }), false],
    ['another OTP', (answer) => ({ ...answer, otp: createSoftwareYubikey().touch() }), false],
    ['no counters', (answer) => without(answer, 'sessioncounter'), false],
    ['a status that says nothing of the OTP', (answer) => ({ ...answer, status: 'BACKEND_ERROR' }), false],
    ['a request that it knew already', (answer) => ({ ...answer, status: 'REPLAYED_REQUEST' }), false],
    ['no signature', (answer) => without(answer, 'h'), true],
    ['a signature by another key', (answer) => ({ ...answer, h: sign(answer, 'AAAA') }), true],
    ['a field more than was signed', (answer) => ({ ...answer, more: '1' }), true],
    ['a yes in place of a no', (answer) => ({ ...answer, status: 'OK', sessioncounter: '9', sessionuse: '9' }), true],
  ])('takes no answer with %s', async (_what, change, signed) => {
    const otp = fresh().touch()
    server.spoil(change, { signed })
    expect(await ask(otp)).toEqual({ status: 'unanswered' })
  })

  it('takes no answer that says one thing twice', () => {
    const h = sign({ status: 'OK' }, API_KEY)
    expect(readAnswer(`h=${h}\r\nstatus=OK\r\n`, API_KEY)).toEqual({ status: 'OK' })
    expect(readAnswer(`h=${h}\r\nstatus=BAD_OTP\r\nstatus=OK\r\n`, API_KEY)).toBeNull()
    expect(readAnswer('', API_KEY)).toBeNull()
  })

  it('goes on with the other servers where one is gone, and gives up where all are', async () => {
    const gone = 'http://127.0.0.1:1/wsapi/2.0/verify'
    expect(await ask(fresh().touch(), [gone, server.url])).toMatchObject({ status: 'OK' })
    expect(await ask(fresh().touch(), [gone])).toEqual({ status: 'unanswered' })
  })

  it('waits no longer than it is told', async () => {
    const otp = fresh().touch()
    server.wait(new Promise(() => {}))
    expect(await ask(otp, [server.url], AbortSignal.timeout(50))).toEqual({ status: 'unanswered' })
  })
})

describe.skipIf(!hasYubiserver)('Debian’s yubiserver, where it is installed (apt-get install yubiserver)', () => {
  const key = createSoftwareYubikey()
  let yubiserver: Yubiserver
  beforeAll(async () => {
    yubiserver = await startYubiserver(key, '12345678901234567890')
  })
  afterAll(() => yubiserver.stop())

  /** What it says, where the signature of its answer is right. */
  const ask = async (otp: string, apiKey = API_KEY) => {
    const fields = { id: '1', nonce: randomBytes(16).toString('hex'), otp, sl: '100' }
    const query = new URLSearchParams({ ...fields, h: sign(fields, apiKey) })
    const answer = readAnswer(await (await fetch(`${yubiserver.url}?${query.toString()}`)).text(), apiKey)
    if (answer) expect(answer).toMatchObject({ nonce: fields.nonce, otp })
    return answer?.['status']
  }

  it('takes our signature, gives its own, and says yes to an OTP once', async () => {
    const otp = key.touch()
    expect(await ask(otp)).toBe('OK')
    expect(await ask(otp)).toBe('REPLAYED_OTP')
    expect(await ask(key.touch())).toBe('OK')
  })

  it('says no to a damaged OTP, and signs that, too', async () => {
    const otp = key.touch()
    expect(await ask(otp.slice(0, -1) + (otp.endsWith('c') ? 'b' : 'c'))).toBe('BAD_OTP')
  })

  it('refuses what another API key signed, and whoever has it does not believe the answer', async () => {
    expect(await ask(key.touch(), Buffer.from('09876543210987654321').toString('base64'))).toBeUndefined()
  })

  it('leaves the counters that we ask for out of its signature, so they are not believed', async () => {
    const servers = { urls: [yubiserver.url], clientId: '1', apiKey: API_KEY, syncLevel: 100 }
    expect(await askServers(servers, key.touch(), soon())).toEqual({ status: 'unanswered' })
  })
})

const hasPython = spawnSync('/usr/bin/python3', ['-c', 'import yubiotp']).status === 0

it.skipIf(!hasPython)('signs as Debian’s python3-yubiotp does (without it: skipped)', () => {
  const fields = { id: '7', nonce: 'n'.repeat(32), otp: createSoftwareYubikey().touch(), sl: '50', timestamp: '1' }
  const program = `import sys, base64, json
from yubiotp.client import param_signature
fields = json.loads(sys.argv[1])
print(base64.b64encode(param_signature(sorted(fields.items()), base64.b64decode(sys.argv[2]))).decode())`
  const { stdout } = spawnSync('/usr/bin/python3', ['-c', program, JSON.stringify(fields), API_KEY], {
    encoding: 'utf8',
  })
  expect(stdout.trim()).toBe(sign(fields, API_KEY))
})
