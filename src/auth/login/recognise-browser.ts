import { randomBytes } from 'node:crypto'
import type { Request, Response } from 'express'
import { type Change, runStatement } from '../../db/run-statement.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { tellUser } from '../../notify/tell-user.js'
import type { Auth } from '../auth.js'

/** Browsers keep a cookie for 400 days at most (RFC 6265bis §5.5), from one sign-in to the next. */
const REMEMBERED_SECONDS = 400 * 24 * 3600

const TOKEN = /^[\w-]{43}$/

/**
 * Tells somebody by mail of a sign-in from a browser that this account was not used in
 * before. The first one of all is no news. The browser is known by a random cookie that
 * opens nothing; only its keyed hash is stored, another one for each user.
 *
 * @param options.told the sign-in has been told of already, with its browser
 * @param options.changes what else is to be written about it, in the same statement
 */
export async function recogniseBrowser(
  auth: Auth,
  req: Request,
  userId: number,
  { told, changes = [] }: { told: boolean; changes?: readonly Change[] },
): Promise<void> {
  const token = readToken(req, cookieName(auth)) ?? randomBytes(32).toString('base64url')
  const [hash = '', ...older] = auth.otp.keys.hashes('known_browsers', `${userId}:${token}`)
  const now = auth.clock.now()
  const before = new Date(now.getTime() - REMEMBERED_SECONDS * 1000)
  const known = await runStatement(auth.database, undefined, KNOWN, { userId, hash, older, now, before }, changes)
  if (known.length === 0) await addBrowser(auth, req, userId, { hash, told })
  if (req.res) setToken(auth, req.res, token)
}

/** In one commit with the mail, so that neither is lost. */
async function addBrowser(
  auth: Auth,
  req: Request,
  userId: number,
  { hash, told }: { hash: string; told: boolean },
): Promise<void> {
  const { address, browser } = describeOrigin(req)
  const at = auth.clock.now()
  const services = { database: auth.database, keys: auth.otp.keys, baseUrl: auth.baseUrl }
  await auth.database.sequelize.transaction(async (transaction) => {
    const added = await runStatement(auth.database, transaction, ADD, { userId, hash, at })
    if (added.length === 0 || told) return
    await tellUser(services, transaction, userId, { mail: 'new-browser', at, address, browser })
  })
}

function setToken(auth: Auth, res: Response, token: string): void {
  const cookie = { httpOnly: true, sameSite: 'lax', path: '/', secure: auth.https } as const
  res.cookie(cookieName(auth), token, { ...cookie, maxAge: REMEMBERED_SECONDS * 1000 })
}

const cookieName = ({ https }: Auth) => (https ? '__Host-otp_browser' : 'otp_browser')

function readToken(req: Request, name: string): string | null {
  const pair = (req.headers.cookie ?? '').split('; ').find((each) => each.startsWith(`${name}=`))
  const token = pair?.slice(name.length + 1) ?? ''
  return TOKEN.test(token) ? token : null
}

// A row: this browser is known, or it is the first one. Each part sees the table as it was before.
const KNOWN = `
with forgotten as (delete from known_browsers where user_id = $userId and seen_at < $before),
seen as (
  update known_browsers set seen_at = $now
  where user_id = $userId and token_hash = any(array_append($older::text[], $hash)) and seen_at >= $before returning id
), first as (
  insert into known_browsers (user_id, token_hash, seen_at)
  select $userId, $hash, $now where not exists (select from known_browsers where user_id = $userId)
  on conflict (token_hash) do nothing returning id
)
select id from seen union all select id from first`

const ADD = `
insert into known_browsers (user_id, token_hash, seen_at) values ($userId, $hash, $at)
on conflict (token_hash) do nothing returning id`
