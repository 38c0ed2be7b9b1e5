import { spawnSync } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { queryServers, readResponse, sign } from '../../../examples/custom-device/yubikey/query-servers.js'
import {
  matchesOtpFormat,
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
    'is decrypted with its AES key (yubico-c, tests/selftest.c): %s %s%s',
    (key, id, block, privateId, plugged, touched) => {
      const typed = splitOtp(id + block)
      expect(typed?.publicId).toBe(id)
      const decrypted = typed && decryptBlock(typed.block, Buffer.from(key, 'hex'))
      expect(decrypted?.privateId.toString('hex')).toBe(privateId)
      expect(decrypted?.counter).toBe(plugged * 256 + touched)
    },
  )

  it('has a CRC with the residue 0xf0b8, and is rejected with any other', () => {
    expect(crc16(Buffer.from('8792ebfe26cc130030c20011c89f23c8', 'hex'))).toBe(0xf0b8)
    expect(decryptBlock(decodeModhex('hknhfjbrjnlnldnhcujvddbikngjrtgh'), Buffer.alloc(16))).toBeNull()
  })

  it('has one bit of its counter set if Caps Lock was on, and is in capital letters then', () => {
    const key = { ...createSoftwareYubikey(), plugged: 0x8000 | 42, touched: 3 }
    const typed = splitOtp(typeOtp(key).toUpperCase())
    expect(typed && decryptBlock(typed.block, Buffer.from(key.aesKey, 'hex'))?.counter).toBe(42 * 256 + 3)
  })

  it('is recognised by its letters and their number', () => {
    expect(matchesOtpFormat(createSoftwareYubikey().touch())).toBe(true)
    for (const text of ['', '123456', 'c'.repeat(32), 'c'.repeat(33), 'c'.repeat(49), `${'c'.repeat(43)}a`])
      expect(matchesOtpFormat(text)).toBe(false)
  })

  const ykgenerate = has('ykgenerate')
  it.skipIf(!ykgenerate)('is what Debian’s ykgenerate generates (skipped if not installed)', () => {
    for (let round = 0; round < 20; round += 1) {
      const [key, privateId] = [randomBytes(16), randomBytes(6)]
      const [plugged, touched] = [randomInt(0x7fff), randomInt(256)]
      const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
      const args = [key.toString('hex'), privateId.toString('hex'), hex(plugged, 4), '1234', '56', hex(touched, 2)]
      const generated = spawnSync('ykgenerate', args, { encoding: 'utf8' }).stdout.trim()
      const decrypted = decryptBlock(decodeModhex(generated), key)
      expect(decrypted).toEqual({ privateId, counter: plugged * 256 + touched, timestamp: 0x561234 })
    }
  })

  it.skipIf(!ykgenerate)('is read by Debian’s ykparse (skipped if not installed)', () => {
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

  const query = (otp: string, urls = [server.url], signal = soon()) =>
    queryServers({ urls, clientId: '1', apiKey: API_KEY }, otp, signal)
  const fresh = () => {
    key = createSoftwareYubikey()
    server.addKey(key)
    server.changeResponse((answer) => answer)
    server.changeResponse((answer) => answer, { signed: true })
    server.wait(Promise.resolve())
    return key
  }

  it('has the signature of the published example (developers.yubico.com, OTP, Test vectors)', () => {
    const fields = {
      id: '1',
      otp: 'vvungrrdhvtklknvrtvuvbbkeidikkvgglrvdgrfcdft',
      nonce: 'jrFwbaYFhn0HoxZIsd9LQ6w2ceU',
    }
    expect(sign(fields, 'mG5be6ZJU1qBGz24yPh/ESM3UdU=')).toBe('+ja8S3IjbX593/LAgTBixwPNGX4=')
  })

  it('sends a new nonce each time, requests the counters, and signs the request', async () => {
    const { touched } = fresh()
    expect(await query(key.touch())).toEqual({ status: 'OK', counter: 257 + touched, timestamp: 8 })
    expect(await query(key.touch())).toEqual({ status: 'OK', counter: 258 + touched, timestamp: 16 })
    const [first, second] = server.requests.slice(-2).map((query) => Object.fromEntries(query))
    expect(first?.['nonce']).toMatch(/^[0-9a-f]{32}$/)
    expect(first?.['nonce']).not.toBe(second?.['nonce'])
    const { h, ...fields } = first ?? {}
    expect(fields).toMatchObject({ id: '1', sl: '50', timestamp: '1' })
    expect(h).toBe(sign(fields, API_KEY))
  })

  it('rejects an OTP that was used before or is from an unknown key', async () => {
    const otp = fresh().touch()
    await query(otp)
    expect(await query(otp)).toEqual({ status: 'rejected' })
    expect(await query(createSoftwareYubikey().touch())).toEqual({ status: 'rejected' })
  })

  it.each<[string, (answer: Record<string, string>) => Record<string, string>, boolean]>([
    ['another nonce', (answer) => ({ ...answer, nonce: '0'.repeat(32) }), false],
    ['another OTP', (answer) => ({ ...answer, otp: createSoftwareYubikey().touch() }), false],
    ['no counters', (answer) => without(answer, 'sessioncounter'), false],
    ['a status that says nothing about the OTP', (answer) => ({ ...answer, status: 'BACKEND_ERROR' }), false],
    ['a status for a repeated request', (answer) => ({ ...answer, status: 'REPLAYED_REQUEST' }), false],
    ['no signature', (answer) => without(answer, 'h'), true],
    ['a signature with another key', (answer) => ({ ...answer, h: sign(answer, 'AAAA') }), true],
    ['an unsigned field', (answer) => ({ ...answer, more: '1' }), true],
    ['a changed status', (answer) => ({ ...answer, status: 'OK', sessioncounter: '9', sessionuse: '9' }), true],
  ])('does not accept a response with %s', async (_what, change, signed) => {
    const otp = fresh().touch()
    server.changeResponse(change, { signed })
    expect(await query(otp)).toEqual({ status: 'unavailable' })
  })

  it('does not accept a response with the same field twice', () => {
    const h = sign({ status: 'OK' }, API_KEY)
    expect(readResponse(`h=${h}\r\nstatus=OK\r\n`, API_KEY)).toEqual({ status: 'OK' })
    expect(readResponse(`h=${h}\r\nstatus=BAD_OTP\r\nstatus=OK\r\n`, API_KEY)).toBeNull()
    expect(readResponse('', API_KEY)).toBeNull()
  })

  it('uses the other servers if one is unreachable, and fails if all are', async () => {
    const unreachable = 'http://127.0.0.1:1/wsapi/2.0/verify'
    expect(await query(fresh().touch(), [unreachable, server.url])).toMatchObject({ status: 'OK' })
    expect(await query(fresh().touch(), [unreachable])).toEqual({ status: 'unavailable' })
  })

  it('stops waiting when the signal aborts', async () => {
    const otp = fresh().touch()
    server.wait(new Promise(() => {}))
    expect(await query(otp, [server.url], AbortSignal.timeout(50))).toEqual({ status: 'unavailable' })
  })
})

describe.skipIf(!hasYubiserver)('Debian’s yubiserver, if it is installed (apt-get install yubiserver)', () => {
  const key = createSoftwareYubikey()
  let yubiserver: Yubiserver
  beforeAll(async () => {
    yubiserver = await startYubiserver(key, '12345678901234567890')
  })
  afterAll(() => yubiserver.stop())

  /** Returns its status, if the signature of its response is valid. */
  const query = async (otp: string, apiKey = API_KEY) => {
    const fields = { id: '1', nonce: randomBytes(16).toString('hex'), otp, sl: '100' }
    const query = new URLSearchParams({ ...fields, h: sign(fields, apiKey) })
    const answer = readResponse(await (await fetch(`${yubiserver.url}?${query.toString()}`)).text(), apiKey)
    if (answer) expect(answer).toMatchObject({ nonce: fields.nonce, otp })
    return answer?.['status']
  }

  it('accepts our signature, signs its response, and accepts an OTP once', async () => {
    const otp = key.touch()
    expect(await query(otp)).toBe('OK')
    expect(await query(otp)).toBe('REPLAYED_OTP')
    expect(await query(key.touch())).toBe('OK')
  })

  it('rejects a damaged OTP, and signs that response too', async () => {
    const otp = key.touch()
    expect(await query(otp.slice(0, -1) + (otp.endsWith('c') ? 'b' : 'c'))).toBe('BAD_OTP')
  })

  it('rejects a request with another API key, and its response is not accepted with that key', async () => {
    expect(await query(key.touch(), Buffer.from('09876543210987654321').toString('base64'))).toBeUndefined()
  })

  it('does not sign the requested counters, so its response is not accepted', async () => {
    const servers = { urls: [yubiserver.url], clientId: '1', apiKey: API_KEY, syncLevel: 100 }
    expect(await queryServers(servers, key.touch(), soon())).toEqual({ status: 'unavailable' })
  })
})

const hasPython = spawnSync('/usr/bin/python3', ['-c', 'import yubiotp']).status === 0

it.skipIf(!hasPython)('computes the signature of Debian’s python3-yubiotp (skipped if not installed)', () => {
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
