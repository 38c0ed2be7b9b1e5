import { z } from 'zod'
import { SiteError } from '../../errors.js'
import { runStatement } from '../../db/run-statement.js'
import type { Auth } from '../auth.js'
import type { Submission } from './read-submission.js'

/** Seconds for which a form that is sent again gets its first response. At least 10 are guaranteed. */
const ANSWERED_SECONDS = 15

/** Seconds after which a form without a response can be claimed again, because its process has ended. */
const UNDER_WAY_SECONDS = 60

/**
 * Other forms of one sender after which the response is forgotten. An attacker with a consumed
 * cookie has this many attempts to guess its six digits.
 */
const MOST_OTHERS = 5

const answerSchema = z.object({
  status: z.number(),
  headers: z.record(z.string(), z.string()),
  cookies: z.array(z.string()),
  body: z.string(),
  /** ID of the session that the form started. Null if it started none. */
  successor: z.string().nullable(),
  /** ID of the user's session that sent the form and continued. Null if there was none, or it ended. */
  within: z.string().nullable().default(null),
  /** Whether the step could be done again. Then only requests that arrived during it get its response. */
  isRepeatable: z.boolean(),
  /** Time of the response, in milliseconds of that machine's clock. Processes of an older version do not set it. */
  at: z.number().default(0),
})

/** The response to a form, for requests that send it again. */
export type StoredResponse = z.output<typeof answerSchema>

type Services = Pick<Auth, 'database' | 'clock' | 'otp'>

/**
 * Claims a form for processing.
 *
 * @returns false if the same form is in progress, or got its response moments ago
 */
export async function claimForm({ database, clock }: Services, submission: Submission): Promise<boolean> {
  const { key, olderKeys, sender } = submission
  const now = clock.now()
  const until = after(now, UNDER_WAY_SECONDS)
  const claimed = await runStatement(database, undefined, CLAIM, { key, olderKeys, sender, now, until })
  return claimed.length > 0
}

/** Finds the response to the same form. `answer` is null while it is in progress. The result is null if it was rejected. */
export async function findResponse(
  { database, clock, otp }: Services,
  { key, olderKeys }: Submission,
): Promise<{ key: string; answer: StoredResponse | null } | null> {
  const values = { key, olderKeys, now: clock.now() }
  const [row] = await runStatement<{ key: string; answer: string | null }>(database, undefined, FIND, values)
  if (!row?.answer) return row ? { key: row.key, answer: null } : null
  const answer = openAnswer(otp, row.key, row.answer)
  if (!answer) await forgetForm({ database }, row.key)
  return answer && { key: row.key, answer }
}

/** Decrypts a response. Null if this process does not know its key: the form is then processed again. */
function openAnswer({ keys }: Auth['otp'], key: string, sealed: string): StoredResponse | null {
  try {
    return answerSchema.parse(JSON.parse(keys.open(sealed, place(key)).toString()))
  } catch (error) {
    if (error instanceof SiteError) return null
    throw error
  }
}

/** Stores a form's response, encrypted. It replaces the earlier responses to the same sender. */
export async function saveResponse(
  { database, clock, otp }: Services,
  { key, sender }: Submission,
  answer: StoredResponse,
): Promise<void> {
  const sealed = otp.keys.seal(Buffer.from(JSON.stringify(answer)), place(key))
  await runStatement(database, undefined, KEEP, { key, sender, sealed, until: after(clock.now(), ANSWERED_SECONDS) })
}

/** Forgets a form, so that it is processed if it is sent again. */
export async function forgetForm({ database }: Pick<Services, 'database'>, key: string): Promise<void> {
  await runStatement(database, undefined, 'delete from repeated_forms where key = $key', { key })
}

/** Whether the session that a form started is still valid: not ended, its user active, the epoch unchanged. */
export async function stillStands({ database, clock }: Services, sid: string): Promise<boolean> {
  return (await runStatement(database, undefined, IS_CURRENT, { sid, now: clock.now() })).length > 0
}

const place = (key: string) => ({ column: 'repeated_forms.answer', id: key })

const after = (now: Date, seconds: number) => new Date(now.getTime() + seconds * 1000)

const CLAIM = `
with others as (
  update repeated_forms set others = others + 1
  where sender = $sender and key <> $key and key <> all($olderKeys::text[]) and answer is not null and others < ${MOST_OTHERS}
)
insert into repeated_forms (key, sender, expires_at)
select $key, $sender, $until
where not exists (select from repeated_forms where key = any($olderKeys::text[]) and expires_at > $now)
on conflict (key) do update set sender = excluded.sender, answer = null, others = 0, expires_at = excluded.expires_at
where repeated_forms.expires_at <= $now or repeated_forms.others >= ${MOST_OTHERS}
returning key`

const FIND = `
select key, answer from repeated_forms where key = any(array_append($olderKeys::text[], $key)) and expires_at > $now
order by answer is null limit 1`

const KEEP = `
with before as (delete from repeated_forms where sender = $sender and key <> $key and answer is not null)
update repeated_forms set answer = $sealed, expires_at = $until where key = $key`

// Only the session's owner is converted to a number: a session that was stored by hand can contain anything.
const IS_CURRENT = `
select from sessions s
cross join lateral (select coalesce(s.sess ->> 'userId', s.sess -> 'pending' ->> 'userId') as id) owner
join users u on u.id = case when owner.id ~ '^[0-9]{1,9}$' then owner.id::int end
where s.sid = $sid and s.expire >= $now
  and u.is_active and u.auth_epoch::text = coalesce(s.sess ->> 'epoch', s.sess -> 'pending' ->> 'epoch')`
