import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import { systemClock } from '../../src/clock.js'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import type { MailGateway } from '../../src/notify/gateways/mail-gateway.js'
import type { Mail } from '../../src/notify/mails.js'
import type { NotifyServices } from '../../src/notify/notify.js'
import { recordUndelivered } from '../../src/record-undelivered.js'

/** Creates a log that tests can read and wait for. */
export function testLog() {
  const stream = new PassThrough()
  const lines: string[] = []
  stream.on('data', (chunk: Buffer) => lines.push(chunk.toString()))
  return {
    log: pino({ level: 'debug' }, stream),
    text: () => lines.join(''),
    /** Waits until this many lines contain the message. */
    async says(message: string, times = 1): Promise<void> {
      while (lines.filter((line) => line.includes(message)).length < times) await once(stream, 'data')
    },
  }
}

/** Creates the services of a worker, with random keys unless `changes` has some. */
export function testNotify(
  database: Database,
  mail: MailGateway,
  changes: Partial<NotifyServices> = {},
): NotifyServices {
  const { clock = systemClock } = changes
  return {
    clock,
    recordUndelivered: recordUndelivered({ database, clock }),
    database,
    mail,
    sms: null,
    keys: createKeyring([randomBytes(32)]),
    log: testLog().log,
    siteName: 'Night Desk',
    baseUrl: 'https://admin.example.com',
    embedded: false,
    ...changes,
  }
}

export const backupTokenEmail: Extract<Mail, { mail: 'backup-token-used' }> = {
  mail: 'backup-token-used',
  to: 'ada@example.com',
  name: 'Ada Lovelace',
  language: 'en',
  at: new Date('2026-03-01T23:59:59Z'),
  address: '192.0.2.7',
  browser: 'Firefox 139 on Linux',
  left: 9,
  link: 'https://admin.example.com/account/two-factor/sessions',
}

export interface JobRow {
  id: string
  attempts: number
  locked_by: string | null
  /** Seconds. */
  due_in: number
}

export async function listJobs(database: Database): Promise<JobRow[]> {
  const { rows } = await database.pool.query<JobRow>(
    `select id, attempts, locked_by, extract(epoch from run_at - now())::float as due_in
     from graphile_worker.jobs order by id`,
  )
  return rows
}

/** Makes all jobs due, as if the time until the next attempt had passed. */
export async function makeJobsDue(database: Database): Promise<void> {
  await database.pool.query(
    'select graphile_worker.reschedule_jobs(array[id], run_at := now()) from graphile_worker.jobs',
  )
}
