import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { enqueue } from '../../src/notify/enqueue.js'
import type { MailGateway } from '../../src/notify/gateways/mail-gateway.js'
import { createSmtpGateway } from '../../src/notify/gateways/smtp.js'
import type { Mail } from '../../src/notify/mails.js'
import type { NotifyServices } from '../../src/notify/notify.js'
import { runWorker } from '../../src/notify/run-worker.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { backupTokenEmail, listJobs, makeJobsDue, testLog, testNotify } from '../support/notify.js'
import { type SmtpServer, startSmtpServer } from '../support/smtp-server.js'

/** As strict as the table is meant to be: nothing except these two. */
const sealedPayload = z.strictObject({ message: z.uuid(), sealed: z.string() })

describe.each(databaseKinds())('delivery on %s', (kind) => {
  let database: Database
  let smtp: SmtpServer
  let gateway: MailGateway
  let notify: NotifyServices
  let log: ReturnType<typeof testLog>

  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(() => database.close())

  beforeEach(async () => {
    smtp = await startSmtpServer()
    log = testLog()
    gateway = createSmtpGateway(smtp.url, { name: 'Night Desk', address: 'no-reply@admin.example.com' })
    notify = testNotify(database, gateway, { log: log.log, embedded: kind === 'embedded' })
  })
  afterEach(async () => {
    gateway.close()
    await smtp.close()
    await database.pool.query('delete from graphile_worker._private_jobs')
  })

  const commit = (mail: Mail = backupTokenEmail) =>
    database.sequelize.transaction((transaction) => enqueue(notify, transaction, 'send-mail', mail))

  /** Runs a worker until `done`. */
  async function workUntil(done: () => Promise<unknown>): Promise<void> {
    const waiting = done()
    const worker = runWorker(notify)
    await waiting
    await worker.stop()
  }

  const undelivered = async (userId: number) => {
    const sql = 'select event, details from audit_events where user_id = $1'
    return (await database.pool.query<{ event: string; details: unknown }>(sql, [userId])).rows
  }

  it('brings a committed email, in text and HTML, only to its owner', async () => {
    await commit()
    await workUntil(() => smtp.next('accepted'))
    const [mail] = smtp.seen
    expect(smtp.seen).toHaveLength(1)
    expect(mail?.to).toMatchObject({ value: [{ address: 'ada@example.com', name: 'Ada Lovelace' }] })
    expect(mail?.from?.value).toMatchObject([{ address: 'no-reply@admin.example.com', name: 'Night Desk' }])
    expect(mail?.subject).toBe('Night Desk: a backup token was used to sign in')
    expect(mail?.messageId).toMatch(/^<[0-9a-f-]{36}@admin\.example\.com>$/)
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated')
    for (const body of [mail?.text, mail?.html])
      for (const fact of [
        'Ada Lovelace',
        '2026-03-01 23:59 UTC',
        '192.0.2.7',
        'Firefox 139 on Linux',
        backupTokenEmail.link,
      ])
        expect(body).toContain(fact)
    expect(mail?.text).toContain('Backup tokens left: 9\n')
    expect(await listJobs(database)).toEqual([])
  })

  it('sends nothing for a transaction that was rolled back', async () => {
    const failing = database.sequelize.transaction(async (transaction) => {
      await enqueue(notify, transaction, 'send-mail', backupTokenEmail)
      throw new Error('rolled back')
    })
    await expect(failing).rejects.toThrow('rolled back')
    expect(await listJobs(database)).toEqual([])
  })

  it('stores no part of an email readably in the database', async () => {
    await commit()
    const { rows } = await database.pool.query<{ payload: string }>(
      'select payload::text as payload from graphile_worker._private_jobs',
    )
    const payload = rows[0]?.payload ?? ''
    const sealed = sealedPayload.parse(JSON.parse(payload)).sealed.split('.')
    const bytes = Buffer.from(sealed[3] ?? '', 'base64url').toString('latin1')
    expect(bytes.length).toBeGreaterThan(200)
    for (const clear of [
      backupTokenEmail.to,
      backupTokenEmail.name,
      backupTokenEmail.link,
      '192.0.2.7',
      'backup-token',
    ])
      for (const place of [payload, bytes]) expect(place).not.toContain(clear)
  })

  it('commits while the mail server is down, and delivers within a minute of its return', async () => {
    await smtp.close()
    await commit()
    await workUntil(() => log.says('will retry'))
    const [job] = await listJobs(database)
    expect(job).toMatchObject({ attempts: 0, locked_by: null })
    expect(job?.due_in).toBeGreaterThan(0)
    expect(job?.due_in).toBeLessThan(30)
    smtp = await startSmtpServer('accept', smtp.port)
    await makeJobsDue(database)
    await workUntil(() => smtp.next('accepted'))
    expect(smtp.seen).toHaveLength(1)
  })

  it.each(['defer', 'drop', 'refuse-sender'] as const)(
    'delivers the same message after the server recovers from %s',
    async (behaviour) => {
      smtp.behaviour = behaviour
      await commit()
      await workUntil(() => log.says('will retry'))
      expect(await listJobs(database)).toMatchObject([{ attempts: 0, locked_by: null }])
      const before = smtp.seen.map((mail) => mail.messageId)
      smtp.behaviour = 'accept'
      await makeJobsDue(database)
      await workUntil(() => smtp.next('accepted'))
      const ids = smtp.seen.map((mail) => mail.messageId)
      expect(ids.length).toBeGreaterThan(before.length)
      expect(new Set(ids).size).toBe(1)
      expect(new Set(smtp.seen.map((mail) => mail.date?.getTime())).size).toBe(1)
    },
  )

  it('gives up a job that no known key opens at the third attempt, and adds an audit event', async () => {
    const others = { ...notify, keys: createKeyring([Buffer.alloc(32, 99)]) }
    await database.sequelize.transaction((transaction) => enqueue(others, transaction, 'send-mail', backupTokenEmail))
    for (let tries = 1; tries < 3; tries += 1) {
      await workUntil(() => log.says('cannot be decrypted, will retry', tries))
      await makeJobsDue(database)
    }
    await workUntil(() => log.says('cannot be decrypted, giving up'))
    const left = await database.pool.query('select 1 from graphile_worker._private_jobs where is_available')
    expect(left.rowCount).toBe(0)
    const query = `select details from audit_events where event = 'mail_undelivered' and details ->> 'reason' = 'key_missing'`
    const { rows } = await database.pool.query<{ details: unknown }>(query)
    expect(rows).toEqual([{ details: { mail: 'send-mail', reason: 'key_missing' } }])
    expect(log.text()).toContain(others.keys.ids[0] ?? '')
    expect(smtp.seen).toEqual([])
    await database.pool.query(`delete from audit_events where details ->> 'reason' = 'key_missing'`)
  })

  it('gives up a permanently rejected recipient at the second attempt, and adds an audit event', async () => {
    smtp.behaviour = 'refuse'
    const user = await database.models.User.create({ email: `${randomUUID()}@example.com`, name: 'Ada' })
    await commit({ ...backupTokenEmail, userId: user.id })
    await workUntil(() => log.says('rejected, will retry'))
    const [first] = await listJobs(database)
    expect(first).toMatchObject({ attempts: 1, locked_by: null })
    await makeJobsDue(database)
    await workUntil(() => log.says('giving up'))
    const left = await database.pool.query('select 1 from graphile_worker._private_jobs where is_available')
    expect(left.rowCount).toBe(0)
    expect(await undelivered(user.id)).toEqual([
      {
        event: 'mail_undelivered',
        details: { mail: backupTokenEmail.mail, reason: expect.stringContaining('RCPT TO 550 5.1.1') },
      },
    ])
    expect(log.text()).toContain('mail server: EENVELOPE RCPT TO 550 5.1.1')
    expect(log.text()).not.toMatch(/\bada\b|Lovelace|192\.0\.2\.7/i)
  })

  it.each(['invitation', 'password-reset', 'email-confirmation'] as const)(
    'does not send %s after its link has expired, and adds an audit event',
    async (mail) => {
      const user = await database.models.User.create({ email: `${randomUUID()}@example.com`, name: 'Ada' })
      const { to, name, language, link } = backupTokenEmail
      await commit({ mail, to, name, language, link, userId: user.id, expiresAt: new Date(Date.now() - 1000) })
      await workUntil(() => log.says('link expired, email not sent'))
      expect(smtp.seen).toEqual([])
      expect(await listJobs(database)).toEqual([])
      expect(await undelivered(user.id)).toEqual([{ event: 'mail_undelivered', details: { mail, reason: 'expired' } }])
    },
  )

  it('releases its jobs when it stops', async () => {
    smtp.behaviour = 'hang'
    await commit()
    await workUntil(() => smtp.next('seen'))
    expect(await listJobs(database)).toMatchObject([{ attempts: 0, locked_by: null }])
    smtp.behaviour = 'accept'
    await makeJobsDue(database)
    await workUntil(() => smtp.next('accepted'))
    expect(new Set(smtp.seen.map((mail) => mail.messageId)).size).toBe(1)
  })

  it('continues after the database lost both workers at the end of their jobs', async () => {
    const trace = vi.spyOn(console, 'trace').mockImplementation(() => {})
    onTestFinished(() => trace.mockRestore())
    smtp.behaviour = 'hang'
    await commit()
    await commit()
    const worker = runWorker(notify)
    while (smtp.seen.length < 2) await smtp.next('seen')
    await database.pool.query('alter table graphile_worker._private_jobs rename to jobs_away')
    smtp.release()
    await log.says('Failed to release job', 2)
    await database.pool.query('alter table graphile_worker.jobs_away rename to _private_jobs')
    smtp.behaviour = 'accept'
    const arrived = smtp.arrival('grace@example.com')
    await commit({ ...backupTokenEmail, to: 'grace@example.com' })
    await expect(arrived).resolves.toMatchObject({ subject: 'Night Desk: a backup token was used to sign in' })
    await worker.stop()
  })

  it('retries for five days through an outage and then uses up the attempts', async () => {
    await smtp.close()
    await commit()
    await database.pool.query("update graphile_worker._private_jobs set created_at = now() - interval '6 days'")
    await workUntil(() => log.says('will retry'))
    expect(await listJobs(database)).toMatchObject([{ attempts: 1 }])
    smtp = await startSmtpServer()
  })
})
