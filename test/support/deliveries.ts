import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { createMailFileGateway } from '../../src/notify/gateways/mail-file.js'
import { createSmsFileGateway } from '../../src/notify/gateways/sms-file.js'
import type { MailGateway } from '../../src/notify/gateways/mail-gateway.js'
import type { SmsGateway } from '../../src/notify/gateways/sms-gateway.js'
import { runWorker } from '../../src/notify/run-worker.js'
import { testNotify, testLog } from './notify.js'
import type { TestSite } from './site.js'

export interface Deliveries {
  /** What lies in the sms folder, by number, the newest last. */
  texts(number: string): string[]
  /** What lies in the mail folder, by address, the newest last. */
  mails(address: string): string[]
  /** The code of the newest mail that brings an address one. Headers and boundaries have digits of their own. */
  mailedCode(address: string): string
  /** Everything that the worker has logged. */
  log(): string
  stop(): Promise<void>
}

/** A worker that delivers into files, or to phones by another gateway. */
export function startDeliveries(
  database: Database,
  site: TestSite,
  { sms, mail: byMail, embedded }: { sms?: SmsGateway; mail?: MailGateway; embedded: boolean },
): Deliveries {
  // Word of a message always comes from this worker, however busy the machine is.
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

/** Of a mail in English. */
const BEFORE_CODE = 'asked for at'
const isCodeMail = (text: string) => text.includes(BEFORE_CODE)

/** In the order in which they were written. */
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

/** The six digits of a text message. */
export function codeIn(message: string | undefined): string {
  return /(?<![\d#+])\d{6}(?!\d)/.exec(message ?? '')?.[0] ?? ''
}
