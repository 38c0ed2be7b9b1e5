import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { languages, translatorFor } from '../../src/i18n/translator.js'
import { createMailFileGateway } from '../../src/notify/gateways/mail-file.js'
import { createSmsFileGateway } from '../../src/notify/gateways/sms-file.js'
import { voices } from '../../src/notify/gateways/sms-gateway.js'
import { renderVoiceCode } from '../../src/notify/render-phone-code.js'
import { type RunningWorker, runWorker } from '../../src/notify/run-worker.js'
import type { Device } from '../../src/otp/device.js'
import { verifyToken } from '../../src/otp/tokens/verify-token.js'
import { addEmail, addPhone, requestCode } from '../support/challenges.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { testLog, testNotify } from '../support/notify.js'
import { createUser, testOtp, type TestOtp } from '../support/otp.js'

describe.each(databaseKinds())('the job of a code, on the %s database', (where) => {
  let database: Database
  let folder: string
  let otp: TestOtp
  let log: ReturnType<typeof testLog>
  let worker: RunningWorker | undefined
  beforeAll(async () => {
    database = await openTestDatabase(where)
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'codes-'))
    log = testLog()
    otp = testOtp(database)
  })
  afterEach(async () => {
    await worker?.stop()
    await rm(folder, { recursive: true })
  })

  const work = () => {
    const mail = createMailFileGateway(path.join(folder, 'mail'), 'Site <site@example.com>', log.log)
    const sms = createSmsFileGateway(path.join(folder, 'sms'), log.log)
    const { keys, clock } = otp
    worker = runWorker(testNotify(database, mail, { sms, keys, clock, log: log.log, embedded: where === 'embedded' }))
  }
  const sent = async (kind: 'sms' | 'mail') => readdir(path.join(folder, kind)).catch(() => [])
  const row = async ({ kind, id }: Device) =>
    (await database.pool.query(`select * from ${kind}_devices where id = $1`, [id])).rows[0]

  describe.each([
    ['sms', (userId: number) => addPhone(otp, userId, { number: '+41524230010' })] as const,
    ['mail', (userId: number) => addEmail(otp, userId)] as const,
  ])('by %s', (way, add) => {
    let device: Device
    beforeEach(async () => {
      await database.pool.query('delete from challenge_sends')
      device = await add((await createUser(database)).id)
    })

    it('sends it and says so', async () => {
      await requestCode(otp, device)
      work()
      await log.says('code sent')
      await worker?.stop()
      expect(await sent(way)).toHaveLength(1)
      expect(await row(device)).toMatchObject({
        delivery: 'sent',
        delivery_error: null,
        challenged_at: otp.clock.now(),
      })
    })

    it('sends nothing once the code has expired', async () => {
      await requestCode(otp, device)
      otp.clock.advance(300)
      work()
      await log.says('code expired or replaced, not sent')
      expect(await sent(way)).toEqual([])
    })

    it('sends nothing but the newest code', async () => {
      await requestCode(otp, device)
      otp.clock.advance(30)
      const { token } = await requestCode(otp, device)
      work()
      await log.says('code sent')
      await log.says('code expired or replaced, not sent')
      const [file = '', ...others] = await sent(way)
      expect(others).toEqual([])
      expect(await readFile(path.join(folder, way, file), 'utf8')).toContain(token)
    })

    it('sends nothing once the code was used', async () => {
      const answer = await requestCode(otp, device)
      const { userId, persistentId: deviceId } = device
      expect((await verifyToken(otp, { userId, deviceId, ...answer })).ok).toBe(true)
      work()
      await log.says('code expired or replaced, not sent')
      expect(await sent(way)).toEqual([])
    })

    it('that fails is reported, ends the cooldown, and is removed', async () => {
      await writeFile(path.join(folder, way), 'in the way')
      await requestCode(otp, device)
      work()
      await log.says('code not sent')
      await worker?.stop()
      const expected = { delivery: 'failed', delivery_error: 'gateway_unavailable', challenged_at: null }
      expect(await row(device)).toMatchObject(expected)
      const { rows } = await database.pool.query('select count(*)::int as left from graphile_worker.jobs')
      expect(rows).toEqual([{ left: 0 }])
    })
  })

  it('leaves a text file that only its owner can read, and only its name in the log', async () => {
    const device = await addPhone(otp, (await createUser(database)).id, { number: '+41524230020' })
    const { token } = await requestCode(otp, device)
    work()
    await log.says('code sent')
    const [file = ''] = await sent('sms')
    const whole = path.join(folder, 'sms', file)
    expect(file).toMatch(/^\d{8}T\d{6}Z-[0-9a-f-]{36}\.txt$/)
    expect((await stat(whole)).mode & 0o777).toBe(0o600)
    expect((await stat(path.dirname(whole))).mode & 0o777).toBe(0o700)
    expect(await readFile(whole, 'utf8')).toMatch(
      new RegExp(`^To: \\+41524230020\nMethod: sms\n\n${token} is your [^\n]+ code\\.`),
    )
    expect(log.text()).not.toContain('+4152')
    expect(log.text()).not.toMatch(new RegExp(`["':= ]${token}`))
  })
})

it('speaks every language with a voice for that language', () => {
  // There are no texts for `zh`, so it is spoken in English.
  for (const language of [...languages, 'zh']) {
    const { voice, phrases: says } = renderVoiceCode({ code: '012345', site: 'Night Desk' }, translatorFor(language))
    expect(voices).toContain(voice)
    const spoken = translatorFor(language) === translatorFor('en') ? 'en' : language
    expect(voice.slice(0, 2)).toBe(spoken.slice(0, 2))
    expect(says.filter((text) => /^\d$/.test(text)).join('')).toBe('012345012345')
  }
})
