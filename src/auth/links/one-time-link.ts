import { randomBytes } from 'node:crypto'
import { QueryTypes, type Transaction } from 'sequelize'
import type { Otp } from '../../otp/otp.js'

/**
 * The purposes of links: for how many seconds each is valid, and whether it ends with the user's
 * sessions. An invitation does not, because a user who sets a new password in order to accept it
 * would lose it.
 */
const PURPOSES = {
  invitation: { seconds: 24 * 3600, endsWithSessions: false },
  'password-reset': { seconds: 30 * 60, endsWithSessions: true },
  'email-confirmation': { seconds: 24 * 3600, endsWithSessions: true },
} as const

export type LinkPurpose = keyof typeof PURPOSES

/** Plain values that are stored with the link and returned with it. Never a secret. */
export type LinkDetails = Readonly<Record<string, string | number>>

/** The user's rights when the link was created. If they have more rights later, the link no longer works. */
export interface Rights {
  isSuperuser: boolean
  isStaff: boolean
  /** The permissions of all their groups. */
  granted: ReadonlySet<string>
}

/** A valid link. */
export interface OneTimeLink {
  id: number
  userId: number
  details: LinkDetails
}

type Services = Pick<Otp, 'database' | 'keys' | 'clock'>

/** 256 random bits cannot be guessed, so the lookup needs no rate limit. */
const TOKEN_BYTES = 32
const TOKEN = /^[\w-]{43}$/

export interface NewLink {
  purpose: LinkPurpose
  userId: number
  details?: LinkDetails
  /** `present`: the rights that are stored now; null: the link works with any rights. */
  rights?: Rights | 'present' | null
}

/**
 * Creates a link that works once. Only a keyed hash of its token is stored (ASVS 6.4.1).
 *
 * @returns the token, for the link's path, and the time at which the link expires
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
  const boundDetails = [
    ...(endsWithSessions ? [`|| jsonb_build_object('epoch', u.auth_epoch)`] : []),
    ...(rights === 'present' ? [`|| jsonb_build_object('rights', ${CURRENT_RIGHTS})`] : []),
  ].join(' ')
  await database.sequelize.query(
    `insert into one_time_links (purpose, user_id, token_hash, details, created_at, expires_at)
    select $purpose, u.id, $hash, $details::jsonb ${boundDetails}, $now, $expiresAt
    from users u where u.id = $userId`,
    {
      bind: {
        purpose,
        userId,
        hash: keys.hash(HASH_PURPOSE, token),
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
  return { rights: { superuser, staff, granted: [...granted] } }
}

/** Finds a valid link without consuming it. GET requests use it, because mail programs open links before people do. */
export async function findLink(services: Services, purpose: LinkPurpose, token: string): Promise<OneTimeLink | null> {
  return queryLink(
    services,
    undefined,
    purpose,
    token,
    `select ${COLUMNS} from one_time_links l, users u where ${VALID}`,
  )
}

/**
 * Consumes a link and revokes the user's other links of the same purpose.
 *
 * @returns null if the link is unknown, expired or already used; of two concurrent calls, one gets null
 */
export async function redeemLink(
  services: Services,
  transaction: Transaction,
  purpose: LinkPurpose,
  token: string,
): Promise<OneTimeLink | null> {
  // Locks the user before the link, like everything that revokes links, to prevent deadlocks.
  await queryLink(services, transaction, purpose, token, LOCK_OWNER)
  const link = await queryLink(services, transaction, purpose, token, CONSUME)
  if (link) await revokeLinks(services, transaction, purpose, [link.userId])
  return link
}

/** Revokes these users' links of one purpose. */
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

/** The purpose of the keyed hashes. */
const HASH_PURPOSE = 'one_time_links'

const COLUMNS = `l.id, l.user_id as "userId", l.details - 'epoch' - 'rights' as details`

/** SQL of the permissions of the user's groups, as a JSON array. */
const GRANTED = `coalesce((select jsonb_agg(p) from user_groups m join groups g on g.id = m.group_id,
  unnest(g.permissions) p where m.user_id = u.id), '[]')`

const CURRENT_RIGHTS = `jsonb_build_object('superuser', u.is_superuser, 'staff', u.is_staff, 'granted', ${GRANTED})`

/** SQL condition that the user has no more rights than when the link was created. */
const NO_MORE_RIGHTS = `(l.details -> 'rights' is null
  or (l.details #>> '{rights,superuser}' = 'true' or not u.is_superuser)
  and (l.details #>> '{rights,staff}' = 'true' or not u.is_staff)
  and l.details #> '{rights,granted}' @> ${GRANTED})`

const VALID = `l.user_id = u.id and u.is_active and coalesce((l.details ->> 'epoch')::int, u.auth_epoch) = u.auth_epoch
  and ${NO_MORE_RIGHTS}
  and l.purpose = $purpose and l.token_hash = any($hashes) and l.used_at is null and l.expires_at > $now
  and l.created_at <= $now::timestamptz + (l.expires_at - l.created_at)`

const LOCK_OWNER = `select ${COLUMNS} from one_time_links l join users u on u.id = l.user_id
where l.purpose = $purpose and l.token_hash = any($hashes) and $now::timestamptz is not null for update of u`

// The second of two concurrent calls waits for the row's lock, and then finds used_at set.
const CONSUME = `update one_time_links l set used_at = $now from users u where ${VALID} returning ${COLUMNS}`

async function queryLink(
  { database, keys, clock }: Services,
  transaction: Transaction | undefined,
  purpose: LinkPurpose,
  token: string,
  sql: string,
): Promise<OneTimeLink | null> {
  if (!TOKEN.test(token)) return null
  const [link] = await database.sequelize.query<OneTimeLink>(sql, {
    bind: { purpose, hashes: keys.hashes(HASH_PURPOSE, token), now: clock.now() },
    type: QueryTypes.SELECT,
    ...(transaction && { transaction }),
  })
  return link ?? null
}
