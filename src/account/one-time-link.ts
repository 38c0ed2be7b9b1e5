import { randomBytes } from 'node:crypto'
import { QueryTypes, type Transaction } from 'sequelize'
import type { Otp } from '../otp/otp.js'

/**
 * What each link is for: the seconds it is good for, and whether it ends with the user's
 * sessions. An invitation does not, or whoever sets a new password to follow one would lose it.
 */
const PURPOSES = {
  invitation: { seconds: 24 * 3600, endsWithSessions: false },
  'password-reset': { seconds: 30 * 60, endsWithSessions: true },
  'email-confirmation': { seconds: 24 * 3600, endsWithSessions: true },
} as const

export type LinkPurpose = keyof typeof PURPOSES

/** Plain values that the link brings back; never a secret. */
export type LinkDetails = Readonly<Record<string, string | number>>

/** What somebody may, as whoever makes a link has judged it: with more than this it is over. */
export interface Rights {
  isSuperuser: boolean
  isStaff: boolean
  /** What the groups allow, all together; null: the person is in none. */
  granted: ReadonlySet<string> | null
}

/** A link that still works, and whose it is. */
export interface OneTimeLink {
  id: number
  userId: number
  details: LinkDetails
}

type Services = Pick<Otp, 'database' | 'keys' | 'clock'>

/** 256 random bits: nobody guesses one, so looking one up needs no rate limit. */
const TOKEN_BYTES = 32
const TOKEN = /^[\w-]{43}$/

export interface NewLink {
  purpose: LinkPurpose
  userId: number
  details?: LinkDetails
  /** `present`: as the database has them now; null: whatever the person may later, it works. */
  rights?: Rights | 'present' | null
}

/**
 * Makes a link that works once. Only a keyed hash of its token is stored (ASVS 6.4.1), so
 * the token is nowhere else.
 *
 * @returns the token, for the link's path, and when it ends
 * @example const { token } = await createLink(otp, transaction, { purpose: 'invitation', userId: 1 })
 */
export async function createLink(
  { database, keys, clock }: Services,
  transaction: Transaction,
  { purpose, userId, details = {}, rights = null }: NewLink,
): Promise<{ token: string; expiresAt: Date }> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const now = clock.now()
  const { seconds, endsWithSessions } = PURPOSES[purpose]
  const expiresAt = new Date(now.getTime() + seconds * 1000)
  const bound = [
    ...(endsWithSessions ? [`|| jsonb_build_object('epoch', u.auth_epoch)`] : []),
    ...(rights === 'present' ? [`|| jsonb_build_object('rights', ${PRESENT_RIGHTS})`] : []),
  ].join(' ')
  await database.sequelize.query(
    `insert into one_time_links (purpose, user_id, token_hash, details, created_at, expires_at)
    select $purpose, u.id, $hash, $details::jsonb ${bound}, $now, $expiresAt
    from users u where u.id = $userId`,
    {
      bind: {
        purpose,
        userId,
        hash: keys.hash(LINKS, token),
        details: JSON.stringify({ ...details, ...toJson(rights) }),
        now,
        expiresAt,
      },
      transaction,
    },
  )
  return { token, expiresAt }
}

function toJson(rights: Rights | 'present' | null): object {
  if (rights === null || rights === 'present') return {}
  const { isSuperuser: superuser, isStaff: staff, granted } = rights
  return { rights: { superuser, staff, granted: granted && [...granted, ''] } }
}

/** Looks a link up without using it: what GET may do, for mail programs open links before people do. */
export async function findLink(services: Services, purpose: LinkPurpose, token: string): Promise<OneTimeLink | null> {
  return askLink(services, undefined, purpose, token, `select ${COLUMNS} from one_time_links l, users u where ${WORKS}`)
}

/**
 * Uses a link up, and with it every other one of the same user and purpose.
 *
 * @returns null where it is unknown, too old, or used already: of two at once one gets null
 */
export async function redeemLink(
  services: Services,
  transaction: Transaction,
  purpose: LinkPurpose,
  token: string,
): Promise<OneTimeLink | null> {
  // The person first, then the link, as whatever ends somebody's links does: the other way round each may wait for the other.
  await askLink(services, transaction, purpose, token, LOCK_OWNER)
  const link = await askLink(services, transaction, purpose, token, USE)
  if (link) await revokeLinks(services, transaction, purpose, [link.userId])
  return link
}

/** Ends the links of one purpose that these users have. */
export async function revokeLinks(
  { database, clock }: Services,
  transaction: Transaction,
  purpose: LinkPurpose,
  userIds: readonly number[],
): Promise<void> {
  await database.sequelize.query(
    'update one_time_links set used_at = $now where user_id = any($userIds) and purpose = $purpose and used_at is null',
    { bind: { now: clock.now(), userIds: [...userIds], purpose }, transaction },
  )
}

/** What the hashes are made for. */
const LINKS = 'one_time_links'

const COLUMNS = `l.id, l.user_id as "userId", l.details - 'epoch' - 'rights' as details`

/** What the person's groups allow at present; null: he is in none. */
const GRANTED = `coalesce((select jsonb_agg(p) from user_groups m join groups g on g.id = m.group_id,
  unnest(array_append(g.permissions, '')) p where m.user_id = u.id), 'null')`

const PRESENT_RIGHTS = `jsonb_build_object('superuser', u.is_superuser, 'staff', u.is_staff, 'granted', ${GRANTED})`

/** With more rights than whoever made the link has judged, it is over. An empty text stands for being in a group at all. */
const NO_MORE_RIGHTS = `(l.details -> 'rights' is null
  or (l.details #>> '{rights,superuser}' = 'true' or not u.is_superuser)
  and (l.details #>> '{rights,staff}' = 'true' or not u.is_staff)
  and l.details #> '{rights,granted}' @> ${GRANTED})`

const WORKS = `l.user_id = u.id and u.is_active and coalesce((l.details ->> 'epoch')::int, u.auth_epoch) = u.auth_epoch
  and ${NO_MORE_RIGHTS}
  and l.purpose = $purpose and l.token_hash = any($hashes) and l.used_at is null and l.expires_at > $now
  and l.created_at <= $now::timestamptz + (l.expires_at - l.created_at)`

const LOCK_OWNER = `select ${COLUMNS} from one_time_links l join users u on u.id = l.user_id
where l.purpose = $purpose and l.token_hash = any($hashes) and $now::timestamptz is not null for update of u`

// The row's own lock lets one of two through: the other finds used_at set.
const USE = `update one_time_links l set used_at = $now from users u where ${WORKS} returning ${COLUMNS}`

async function askLink(
  { database, keys, clock }: Services,
  transaction: Transaction | undefined,
  purpose: LinkPurpose,
  token: string,
  sql: string,
): Promise<OneTimeLink | null> {
  if (!TOKEN.test(token)) return null
  const [link] = await database.sequelize.query<OneTimeLink>(sql, {
    bind: { purpose, hashes: keys.hashes(LINKS, token), now: clock.now() },
    type: QueryTypes.SELECT,
    ...(transaction && { transaction }),
  })
  return link ?? null
}
