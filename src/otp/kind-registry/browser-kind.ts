import { z } from 'zod'
import { challengeHashes } from '../challenges/browser-challenges.js'
import type { KindOutcome } from '../device.js'
import { persistentId } from '../devices/persistent-id.js'
import type { Kind, KindContext } from './kind.js'

/** How a browser answers a challenge of the session, for a kind whose tokens nobody types. */
export interface BrowserScript {
  /**
   * Path of a JavaScript module without imports, for example
   * `fileURLToPath(new URL('browser.js', import.meta.url))`. It exports `create()`, which returns
   * the fields of the setup form, and `answer({ challenge, devices })`, which returns
   * `{ device, answer }`, or null if this browser is none of the devices.
   */
  script: string
  /** Columns of the kind that `answer` gets for each device. Anyone who knows the user's password can read them. */
  columns: readonly string[]
}

/** A browser's answer, parsed from its token `<kind>/<id>.<challenge>.<answer>`. */
export interface BrowserAnswer {
  id: number
  /** The challenge that the site sent, in base64url. */
  challenge: string
  /** What the kind's script returned. */
  answer: string
}

const TOKEN = /^([a-z][a-z0-9]{0,15})\/([1-9]\d{0,9})\.([\w-]{43})\.([\x21-\x7e]{1,8000})$/

/** Parses the token of a browser kind. @returns null for any other text */
export function parseBrowserAnswer(kind: string, token: string): BrowserAnswer | null {
  const [, name, id, challenge, answer] = TOKEN.exec(token) ?? []
  return name === kind && challenge && answer ? { id: Number(id), challenge, answer } : null
}

/** Returns the path that sends a challenge for the token step and for a step-up. */
export const challengePath = (kind: string): string => `/account/login/challenge/${kind}`

/**
 * Makes the tokens of a kind answers to a challenge. The kind verifies what its script returned, and
 * gets the challenge's value as `context.challenge`. Everything else is verified here: that the
 * challenge is from this session, for this user and this kind, and was not used before.
 */
export function withBrowserAnswers(kind: Kind): Kind {
  const { name } = kind
  const parse = (token: string) => parseBrowserAnswer(name, token)
  return {
    ...kind,
    input: 'browser_script',
    answersChallenge: true,
    browserToken: {
      optionsPath: challengePath(name),
      isMeant: (text) => text.startsWith(`${name}/`),
      async findDevice(_otp, token) {
        const answer = parse(token)
        return answer && persistentId(name, answer.id)
      },
      explain: () => 'errors:wrong_token.browser_answer',
    },
    columns: `${kind.columns}, ${CHALLENGE}`,
    matchesFormat(token) {
      const answer = parse(token)
      return answer !== null && kind.matchesFormat(answer.answer)
    },
    lookup(token, context) {
      const answer = parse(token)
      return answer ? challengeHashes(context.keys, answer.challenge, name) : []
    },
    verify: async (row, token, context) => await verifyAnswer(kind, row, parse(token), context),
  }
}

/** The challenge's row, found by its hash. It must be the owner's, and neither expired nor from a clock that was ahead. */
const CHALLENGE = `
  (select json_build_object('id', c.id, 'purpose', c.purpose) from webauthn_challenges c
    where c.challenge_hash = any($lookup) and c.user_id = d.user_id and c.expires_at > $now
      and c.expires_at <= $now::timestamptz + 2 * interval '5 minutes') as browser_challenge`

const answeredRow = z.object({
  id: z.number(),
  browser_challenge: z.object({ id: z.number(), purpose: z.enum(['add', 'verify', 'sign_in']) }).nullable(),
})

async function verifyAnswer(
  kind: Kind,
  row: unknown,
  answer: BrowserAnswer | null,
  context: KindContext,
): Promise<KindOutcome> {
  const { id, browser_challenge: challenge } = answeredRow.parse(row)
  const isFromSession = challenge !== null && String(challenge.id) === context.challenge
  if (!answer || answer.id !== id || !isFromSession || !isFor(challenge.purpose, context)) return { accepted: false }
  const outcome = await kind.verify(row, answer.answer, { ...context, challenge: answer.challenge })
  if (!outcome.accepted) return outcome
  return { ...outcome, consumes: { table: 'webauthn_challenges', id: challenge.id } }
}

/** A challenge for a device that is being set up verifies no device that is in use. */
function isFor(purpose: 'add' | 'verify' | 'sign_in', context: KindContext): boolean {
  return purpose === 'verify' || (purpose === 'add' && context.purpose === 'enrol')
}
