import { z } from 'zod'
import type { Submission } from '../../auth/repeats/read-submission.js'
import { forgetForm, keepAnswer } from '../../auth/repeats/repeated-forms.js'
import { takeTurn } from '../../auth/repeats/take-turn.js'
import type { Help } from '../permissions.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import type { Helped } from './help-person.js'
import type { Refused } from './outcome.js'
import { settle } from './settle.js'

/** `at`: when it was given, in milliseconds. */
const keptSchema = z.object({ at: z.number(), given: z.unknown() })

interface Call {
  how: Help
  actor: PanelUser
  personId: number
  /** What was typed. */
  wish?: object
}

/**
 * Helps once where one administrator sends the same call several times at the same moment: the others wait
 * for the first and get what it gave. A call that begins after the first was answered helps again.
 */
export async function giveOnce(
  services: PanelServices,
  call: Call,
  help: () => Promise<{ ok: true; given: Helped } | Refused>,
): Promise<{ given: unknown }> {
  const submission = nameCall(services, call)
  const turn = await takeTurn(services, submission, ({ body }) => call.actor.arrivedAt < keptGiven(body).at)
  if (turn.answer) return { given: keptGiven(turn.answer.body).given }
  try {
    const { given } = settle(await help())
    // What was given is shown whatever becomes of this; the others then help themselves.
    if (turn.claimed) await keepGiven(services, submission, given).catch(() => {})
    return { given }
  } catch (refusal) {
    if (turn.claimed) await forgetForm(services, submission.key)
    throw refusal
  }
}

function keepGiven(services: PanelServices, submission: Submission, given: Helped): Promise<void> {
  const answer = {
    status: 200,
    headers: {},
    cookies: [],
    body: JSON.stringify({ at: Date.now(), given }),
    successor: null,
  }
  return keepAnswer(services, submission, { ...answer, isRepeatable: true })
}

const keptGiven = (body: string) => keptSchema.parse(JSON.parse(body))

function nameCall({ otp: { keys } }: PanelServices, { how, actor, personId, wish = {} }: Call): Submission {
  const { id, origin } = actor
  const whole = JSON.stringify(['panel', id, origin.address, origin.browser, how, personId, wish])
  const [key = '', ...olderKeys] = keys.hashes('repeated_forms.key', whole)
  return { key, olderKeys, sender: keys.hash('repeated_forms.sender', whole), sid: null, isLink: false }
}
