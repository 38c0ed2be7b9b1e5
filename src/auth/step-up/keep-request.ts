import { randomUUID } from 'node:crypto'
import type { Request } from 'express'
import { z } from 'zod'
import { isNotReadable } from '../../crypto/keyring.js'
import { runStatement } from '../../db/run-statement.js'
import { announcedBy } from '../../http/replay-body.js'
import type { Auth } from '../auth.js'

/** Seconds between a form and the token that completes it. */
const KEPT_SECONDS = 300

const keptRequest = z.object({
  url: z.string(),
  announced: z.object({ type: z.string().optional(), length: z.string().optional() }).default({}),
  /** In Base64; null if a host's parser read them before the guard, and left the fields alone. */
  bytes: z.string().nullable().default(null),
  /** What `req.body` was at the guard. */
  body: z.unknown().optional(),
  /** Whether that has no prototype, so that `toString` is only there if someone sent it. */
  isBare: z.boolean().default(false),
})

const isBare = (body: unknown) => typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === null

/** A posted form that waits for a fresh token. */
export type KeptRequest = z.output<typeof keptRequest>

/**
 * Puts a posted form aside until a token was given again: sealed, in the database,
 * under a random id that only this session knows. Nothing of it is in a page or an address.
 *
 * @param form `bytes` null: a host's parser read them, and the form is what it made of them
 * @returns what its own step-up page is told by, null where no other form waits for the same path
 */
export async function keepRequest(
  auth: Auth,
  req: Request,
  { userId, url, bytes }: { userId: number; url: string; bytes: Buffer | null },
): Promise<string | null> {
  const id = randomUUID()
  const now = auth.clock.now()
  const kept: KeptRequest = {
    url,
    announced: announcedBy(req, bytes),
    bytes: bytes && bytes.toString('base64'),
    body: req.body,
    isBare: isBare(req.body),
  }
  const sealed = auth.otp.keys.seal(Buffer.from(JSON.stringify(kept)), place(id))
  const expiresAt = new Date(now.getTime() + KEPT_SECONDS * 1000)
  await runStatement(auth.database, undefined, KEEP, { id, userId, sealed, now, expiresAt })
  const isOnly = !findForm(req, { url, name: null })
  req.session.keptForms = [...(req.session.keptForms ?? []), { id, url }].slice(-MAX_FORMS)
  return isOnly ? null : nameOf({ id })
}

/** As many tabs. */
const MAX_FORMS = 5

/** In all sessions of a person together; a new one replaces the oldest. */
export const FORMS_OF_A_PERSON = 20

type WaitingForm = NonNullable<Request['session']['keptForms']>[number]

/** Which form a step-up page completes. `name` null: the page or the program names none. */
export interface FormAt {
  url: string | null
  name: string | null
}

/**
 * The form that waits for the token which leads to this path. Where none is named, a page shows the
 * one that was there first, whose address names none either; a token completes the newest.
 */
export function findForm({ session, method }: Request, { url, name }: FormAt): WaitingForm | undefined {
  const forms = session.keptForms?.filter((form) => form.url === url) ?? []
  if (name !== null) return forms.find((form) => nameOf(form) === name)
  const open = forms.filter(({ isAside }) => !isAside)
  return open.at(method === 'POST' ? -1 : 0)
}

/** Enough to tell five forms of one session apart. It opens nothing: the session has to know the form. */
export function nameOf({ id }: Pick<WaitingForm, 'id'>): string {
  return id.slice(0, 8)
}

/** Leaves the forms for this path to the pages that name them: someone begins anew there. */
export function setFormsAside({ session }: Request, url: string | null): void {
  if (!session.keptForms) return
  session.keptForms = session.keptForms.map((form) => (form.url === url ? { ...form, isAside: true } : form))
}

/**
 * Takes a form out that this session has put aside. It is there once: of two at once one
 * gets null.
 *
 * @returns null where it has gone, or where it is older than five minutes
 */
export async function takeRequest(auth: Auth, req: Request, { id }: WaitingForm): Promise<KeptRequest | null> {
  req.session.keptForms = (req.session.keptForms ?? []).filter((form) => form.id !== id)
  if (!req.user) return null
  const [row] = await runStatement<{ sealed: string }>(auth.database, undefined, TAKE, {
    id,
    userId: req.user.id,
    now: auth.clock.now(),
  })
  return row ? openRequest(auth, row.sealed, id) : null
}

/** @returns null if the key that sealed it has gone: the person sends the form again */
function openRequest({ otp }: Auth, sealed: string, id: string): KeptRequest | null {
  try {
    return keptRequest.parse(JSON.parse(otp.keys.open(sealed, place(id)).toString()))
  } catch (fault) {
    if (isNotReadable(fault)) return null
    throw fault
  }
}

const place = (id: string) => ({ column: 'kept_requests.sealed', id })

// What nobody came back for goes with the next one.
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
