import { expect, it, onTestFinished } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import { createSmtpGateway } from '../../src/notify/gateways/smtp.js'
import { runWorker } from '../../src/notify/run-worker.js'
import { testLog, testNotify } from '../support/notify.js'
import { startSmtpServer } from '../support/smtp-server.js'
import { callAction, recordOf, showRecord, usePanelSite } from './panel-site.js'

const site = usePanelSite()

/** A worker whose mail server rejects every recipient permanently, until the log says so. */
async function deliverInVain(says: string): Promise<void> {
  const smtp = await startSmtpServer('refuse')
  const gateway = createSmtpGateway(smtp.url, 'Site <site@example.com>')
  const log = testLog()
  const keys = createKeyring([Buffer.alloc(32, 7)])
  const { database, clock } = site()
  const worker = runWorker(testNotify(database, gateway, { keys, clock, log: log.log, embedded: true }))
  onTestFinished(async () => {
    gateway.close()
    await smtp.close()
  })
  await log.says(says)
  await worker.stop()
}

const paramsOf = async (id: number) => recordOf(await showRecord(site().staff, 'users', id)).params

it('shows an invitation that never arrived on the page where it was made, until the next one', async () => {
  const person = await site().person({ app: false })
  expect(await paramsOf(person.id)).toMatchObject({ undelivered_invitation: null })
  await callAction(site().staff, 'users', person.id, 'invite', { deliver: 'mail' })
  await deliverInVain('giving up after the last attempt')
  expect(await paramsOf(person.id)).toMatchObject({
    undelivered_invitation: { reason: expect.stringContaining('550 5.1.1') },
  })
  await callAction(site().staff, 'users', person.id, 'invite', { deliver: 'page' })
  expect(await paramsOf(person.id)).toMatchObject({ undelivered_invitation: null })
})

it('shows that an invitation was not sent because its link had expired', async () => {
  const person = await site().person({ app: false })
  await callAction(site().staff, 'users', person.id, 'invite', { deliver: 'mail' })
  site().clock.advance(24 * 3600)
  await deliverInVain('link expired, email not sent')
  const { rows } = await site().database.pool.query(
    "select details from audit_events where event = 'mail_undelivered' and user_id = $1",
    [person.id],
  )
  expect(rows).toEqual([{ details: { mail: 'invitation', reason: 'expired' } }])
})
