import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { createMailFileGateway } from '../../src/notify/gateways/mail-file.js'
import { createSmsFileGateway } from '../../src/notify/gateways/sms-file.js'
import type { MailGateway } from '../../src/notify/gateways/mail-gateway.js'
import type { SmsGateway } from '../../src/notify/gateways/sms-gateway.js'
import { runWorker } from '../../src/notify/run-worker.js'
import { preferredDatabase } from './database.js'
import { testNotify, testLog } from './notify.js'
import type { TestSite } from './site.js'

export interface Deliveries {
  /** The text messages to a number, the newest last. */
  texts(number: string): string[]
  /** The emails to an address, the newest last. */
  mails(address: string): string[]
  /** The code in the newest email with one to an address. Headers and boundaries contain digits too. */
  mailedCode(address: string): string
  /** Everything that the worker logged. */
  log(): string
  stop(): Promise<void>
}

/** Starts a worker that delivers into files, or through other gateways. */
export function startDeliveries(
  database: Database,
  site: TestSite,
  { sms, mail: byMail, embedded }: { sms?: SmsGateway; mail?: MailGateway; embedded: boolean },
): Deliveries {
  // The result of a delivery always comes from this worker, even on a busy machine.
  site.auth.deliveryWait = 150_000
  const folder = mkdtempSync(path.join(tmpdir(), 'otp-deliveries-'))
  const written = testLog()
  const mail = byMail ?? createMailFileGateway(path.join(folder, 'mail'), 'Site <site@example.com>', written.log)
  const notify = testNotify(database, mail, {
    sms: sms ?? createSmsFileGateway(path.join(folder, 'sms'), written.log),
    clock: site.clock,
    keys: createKeyring([Buffer.alloc(32, 7)]),
    log: written.log,
    embedded,
  })
  const worker = runWorker(notify)
  const mails = (address: string) => readAll(path.join(folder, 'mail')).filter((text) => text.includes(address))
  return {
    texts: (number) => readAll(path.join(folder, 'sms')).filter((text) => text.includes(`To: ${number}\n`)),
    mails,
    mailedCode: (address) => codeIn(mails(address).findLast(isCodeMail)?.split(BEFORE_CODE)[1]),
    log: written.text,
    async stop() {
      await worker.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A worker that delivers into files what a site on the preferred database sends during the tests of a file or of a `describe`. */
export function useDeliveries(site: () => TestSite): () => Deliveries {
  let deliveries: Deliveries
  const embedded = preferredDatabase() === 'embedded'
  beforeAll(() => void (deliveries = startDeliveries(site().database, site(), { embedded })))
  afterAll(() => deliveries?.stop())
  return () => deliveries
}

/** The text before the code in an English email. */
const BEFORE_CODE = 'asked for at'
const isCodeMail = (text: string) => text.includes(BEFORE_CODE)

/** Reads all files, in the order in which they were written. */
function readAll(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((file) => !file.endsWith('.part'))
    const files = names.map((name) => path.join(folder, name))
    return files
      .toSorted((one, other) => statSync(one).mtimeMs - statSync(other).mtimeMs)
      .map((file) => readFileSync(file, 'utf8'))
  } catch {
    return []
  }
}

/** Returns the six digits in a text message. */
export function codeIn(message: string | undefined): string {
  return /(?<![\d#+])\d{6}(?!\d)/.exec(message ?? '')?.[0] ?? ''
}
