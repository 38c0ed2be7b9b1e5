import type { Submission } from '../../auth/repeats/read-submission.js'
import { forgetForm, saveResponse } from '../../auth/repeats/repeated-forms.js'
import { takeTurn } from '../../auth/repeats/take-turn.js'
import type { PanelServices } from '../panel-services.js'
import type { PanelUser } from '../panel-user.js'
import type { RecoveryAction } from '../permissions.js'
import type { Helped } from './account-recovery.js'
import type { AddedUser } from './add-user.js'
import { unwrapResult } from './action-responses.js'
import type { RejectedAction } from './action-result.js'

interface Call {
  how: RecoveryAction | 'new'
  actor: PanelUser
  /** The ID of the user to help; null for a new one. */
  personId: number | null
  /** The submitted form. */
  wish?: object
}

/**
 * Runs the help once if an administrator sends the same call several times at the same moment.
 * The others wait for the first and get its result. A call that arrives after the first response
 * runs the help again.
 */
export async function giveOnce(
  services: PanelServices,
  call: Call,
  help: () => Promise<{ ok: true; given: Helped | AddedUser } | RejectedAction>,
): Promise<{ given: unknown }> {
  const submission = nameCall(services, call)
  const turn = await takeTurn(services, submission)
  if (turn.answer) return { given: JSON.parse(turn.answer.body) }
  try {
    const { given: result } = unwrapResult(await help())
    if (turn.claimed) await keepGiven(services, submission, result)
    return { given: result }
  } catch (error) {
    if (turn.claimed) await forgetForm(services, submission.key)
    throw error
  }
}

/** Stores the result for repeated calls. If that fails, the administrator still gets the result. */
async function keepGiven(services: PanelServices, submission: Submission, result: Helped | AddedUser): Promise<void> {
  const head = { status: 200, headers: {}, cookies: [], successor: null, within: null }
  const answer = { ...head, body: JSON.stringify(result) }
  try {
    await saveResponse(services, submission, { ...answer, isRepeatable: true, at: Date.now() })
  } catch {
    services.log.warn(
      { code: 'repeat_not_kept' },
      'Could not store the result of a panel call. If the same call is sent again, it runs again.',
    )
  }
}

function nameCall({ otp: { keys } }: PanelServices, { how, actor, personId, wish: input = {} }: Call): Submission {
  const { id, client } = actor
  const whole = JSON.stringify(['panel', id, client.address, client.browser, how, personId, input])
  const [key = '', ...olderKeys] = keys.hashes('repeated_forms.key', whole)
  const sender = keys.hash('repeated_forms.sender', whole)
  return { key, olderKeys, sender, sid: null, isLink: false, arrivedAt: actor.arrivedAt }
}
