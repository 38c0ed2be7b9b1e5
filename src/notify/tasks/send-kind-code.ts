import type { Task } from 'graphile-worker'
import { errorForLog } from '../../error-for-log.js'
import { runHostCode } from '../../host-code.js'
import { within } from '../../within.js'
import { kindCode } from '../codes.js'
import { deliverCode, minutesLeft } from '../deliver-code.js'
import type { DeliveryResult } from '../gateways/sms-gateway.js'
import type { NotifyServices } from '../notify.js'
import { openPayload } from '../seal-payload.js'
import type { CodeMessage, SendCode } from '../send-code.js'

/** Milliseconds that a kind may take; the page that waits gives up after ten seconds. */
const WHOLE = 8_000

/** Lets a kind of device deliver a code itself. */
export function sendKindCode(notify: NotifyServices): Task {
  return async (payload, { job }) => {
    const { content } = openPayload(notify.keys, 'send-kind-code', payload)
    const { kind, to, code, language, ...challenge } = kindCode.parse(content)
    const minutes = minutesLeft(challenge.expiresAt, notify.clock.now())
    const message = { to, code, language, minutes, signal: AbortSignal.timeout(WHOLE) }
    const about = { job: job.id, task: 'send-kind-code', kind }
    await deliverCode(notify, { ...challenge, code }, about, () => deliver(notify.codeSenders?.[kind], message))
  }
}

async function deliver(send: SendCode | undefined, message: CodeMessage): Promise<DeliveryResult> {
  if (!send) return failed('this process does not know the kind')
  const run = async () => ({ result: await send(message) })
  try {
    const finished = await within(WHOLE, runHostCode(run))
    return finished ? finished.result : failed('no answer in time')
  } catch (error) {
    // Its message can quote the code.
    return failed(error instanceof Error ? errorForLog(error).name : 'an error')
  }
}

const failed = (detail: string): DeliveryResult => ({ ok: false, reason: 'gateway_unavailable', detail })
