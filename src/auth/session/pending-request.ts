import { randomUUID } from 'node:crypto'
import type { Request } from 'express'
import { z } from 'zod'
import { isNotReadable } from '../../crypto/keyring.js'
import { runStatement } from '../../db/run-statement.js'
import { announcedBy } from '../../http/forms/replay-body.js'
import type { Auth } from '../auth.js'

/** Seconds for which a form is stored. */
const KEPT_SECONDS = 300

const storedRequest = z.object({
  url: z.string(),
  announced: z.object({ type: z.string().optional(), length: z.string().optional() }).default({}),
  /** The body in Base64. Null if a host's parser read it before the guard, so that only `body` is left. */
  bytes: z.string().nullable().default(null),
  /** The value of `req.body` at the guard. */
  body: z.unknown().optional(),
  /** Whether `body` has no prototype, so that `toString` exists only if it was submitted. */
  isBare: z.boolean().default(false),
})

const isBare = (body: unknown) => typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === null

/** A submitted form that waits for a fresh token. */
export type PendingRequest = z.output<typeof storedRequest>

/**
 * Stores a submitted form until the user has entered a token: encrypted, in the database, under a
 * random ID that only this session knows. Its content is in no page and no URL.
 *
 * @param form `bytes` is null if a host's parser read them; the form is then that parser's result
 * @returns the name that identifies its step-up page, or null if no other form waits for the same path
 */
export async function savePendingRequest(
  auth: Auth,
  req: Request,
  { userId, url, bytes }: { userId: number; url: string; bytes: Buffer | null },
): Promise<string | null> {
  const id = randomUUID()
  const now = auth.clock.now()
  const request: PendingRequest = {
    url,
    announced: announcedBy(req, bytes),
    bytes: bytes && bytes.toString('base64'),
    body: req.body,
    isBare: isBare(req.body),
  }
  const sealed = auth.otp.keys.seal(Buffer.from(JSON.stringify(request)), place(id))
  const expiresAt = new Date(now.getTime() + KEPT_SECONDS * 1000)
  await runStatement(auth.database, undefined, KEEP, { id, userId, sealed, now, expiresAt })
  const isOnly = !findForm(req, { url, name: null })
  req.session.pendingForms = [...(req.session.pendingForms ?? []), { id, url }].slice(-MAX_FORMS)
  return isOnly ? null : nameOf({ id })
}

/** Stored forms of one session, and so the number of tabs. */
const MAX_FORMS = 5

/** Stored forms in all sessions of a user. A new one replaces the oldest. */
export const FORMS_OF_A_PERSON = 20

type WaitingForm = NonNullable<Request['session']['pendingForms']>[number]

/** Identifies the form that a step-up completes. `name` is null if the page or program names none. */
export interface FormAt {
  url: string | null
  name: string | null
}

/**
 * Finds the stored form for a path. Without a name, a page shows the first one, whose URL has no
 * name either, and a token completes the newest one.
 */
export function findForm({ session, method }: Request, { url, name }: FormAt): WaitingForm | undefined {
  const forms = session.pendingForms?.filter((form) => form.url === url) ?? []
  if (name !== null) return forms.find((form) => nameOf(form) === name)
  const open = forms.filter(({ isAside }) => !isAside)
  return open.at(method === 'POST' ? -1 : 0)
}

/** Returns a name that distinguishes the forms of one session. It gives no access without the session. */
export function nameOf({ id }: Pick<WaitingForm, 'id'>): string {
  return id.slice(0, 8)
}

/** Leaves the forms for this path to the pages that name them, because the user starts there again. */
export function setFormsAside({ session }: Request, url: string | null): void {
  if (!session.pendingForms) return
  session.pendingForms = session.pendingForms.map((form) => (form.url === url ? { ...form, isAside: true } : form))
}

/**
 * Returns and deletes a form that this session stored. Of two requests at once, one gets null.
 *
 * @returns null if it is gone or older than five minutes
 */
export async function takePendingRequest(
  auth: Auth,
  req: Request,
  { id }: WaitingForm,
): Promise<PendingRequest | null> {
  req.session.pendingForms = (req.session.pendingForms ?? []).filter((form) => form.id !== id)
  if (!req.user) return null
  const [row] = await runStatement<{ sealed: string }>(auth.database, undefined, TAKE, {
    id,
    userId: req.user.id,
    now: auth.clock.now(),
  })
  return row ? openRequest(auth, row.sealed, id) : null
}

/** @returns null if the key that encrypted it is gone, so that the user has to submit the form again */
function openRequest({ otp }: Auth, sealed: string, id: string): PendingRequest | null {
  try {
    return storedRequest.parse(JSON.parse(otp.keys.open(sealed, place(id)).toString()))
  } catch (error) {
    if (isNotReadable(error)) return null
    throw error
  }
}

const place = (id: string) => ({ column: 'kept_requests.sealed', id })

// Also deletes expired forms.
const KEEP = `
with forgotten as (
  delete from kept_requests where expires_at <= $now or id in (
    select id from kept_requests where user_id = $userId order by expires_at desc, id offset ${FORMS_OF_A_PERSON - 1}
  )
)
insert into kept_requests (id, user_id, sealed, expires_at) values ($id, $userId, $sealed, $expiresAt)`

const TAKE = `
with taken as (delete from kept_requests where id = $id and user_id = $userId returning sealed, expires_at)
select sealed from taken where expires_at > $now and expires_at <= $now::timestamptz + 2 * interval '5 minutes'`
