/** What limits the rows of a table that users and requests can add. */
export interface Bound {
  /** Who can add rows, and how. */
  grows: string
  /** What limits it. */
  bound: string
  /** Rows that a sweep removes (`past`) and keeps (`present`), with ages in seconds in their time columns. */
  swept?: { row: Readonly<Record<string, unknown>>; column: string; past: number; present: number }
}

const member = { user_id: 1 }
const DAY = 24 * 3600
const device =
  'three unfinished ones of a person, of all kinds together (unfinished-setups.test.ts), and 20 others of each kind (device-limit.test.ts)'
const setUp = { grows: 'anyone who is signed in, by setting up a device', bound: device }
const byAdministrators = 'administrators'
const bySite = 'the site and its commands'

/** Every table of the schema. A new one fails the test until someone has decided what limits it. */
export const BOUNDS: Readonly<Record<string, Bound>> = {
  audit_events: {
    grows: 'anyone: failed sign-ins and refused calls',
    bound: 'the limits of those attempts; there is no retention yet',
  },
  challenge_sends: {
    grows: 'anyone with a password, by requesting codes',
    bound: 'the codes that a person can request in two days',
    swept: { row: { ...member, target_hash: 'x' }, column: 'at', past: -2 * DAY, present: 60 - 2 * DAY },
  },
  email_devices: setUp,
  groups: { grows: byAdministrators, bound: byAdministrators },
  hotp_devices: setUp,
  job_processes: { grows: bySite, bound: 'a row for each worker, removed when it ends' },
  kept_requests: {
    grows: 'anyone with a session, by forms that need a fresh token',
    bound: '20 of a person, for five minutes',
    swept: { row: { ...member, id: 'uuid', sealed: 'x' }, column: 'expires_at', past: 0, present: 60 },
  },
  known_browsers: {
    grows: 'anyone with a password, by signing in without a cookie',
    bound: '50 of a person, for 400 days',
    swept: { row: { ...member, token_hash: 'unique' }, column: 'seen_at', past: -401 * DAY, present: -399 * DAY },
  },
  migrations: { grows: bySite, bound: 'the number of migrations' },
  one_time_links: {
    grows: 'anyone, by requesting a new password; members by a new email address; administrators by invitations',
    bound: 'five an hour for each address or person (mail-limits.test.ts), for 30 minutes or 24 hours',
    swept: {
      row: { ...member, purpose: 'invitation', token_hash: 'unique', created_at: new Date(0) },
      column: 'expires_at',
      past: 0,
      present: 60,
    },
  },
  password_failures: {
    grows: 'anyone, by incorrect passwords for any login',
    bound: 'the limit of an IP address; a row for each login, account and lane, and for each network, for 30 days',
    swept: {
      row: { subject_hash: 'unique', failures: 1 },
      column: 'failed_at',
      past: -30 * DAY,
      present: 60 - 30 * DAY,
    },
  },
  phone_devices: setUp,
  rate_limits: {
    grows: 'anyone, by failed attempts',
    bound: 'a few rows for each network, person and address, for an hour at most',
    swept: { row: { key: 'unique', points: 1 }, column: 'expire', past: 0, present: 60 },
  },
  repeated_forms: {
    grows: 'anyone, by posting a form',
    bound:
      'one response per session or form, for 15 seconds; without a session only as many as the limit of the IP address allows',
    swept: { row: { key: 'unique', sender: 'x' }, column: 'expires_at', past: 0, present: 30 },
  },
  secret_keys: { grows: bySite, bound: 'the keys in SECRET_KEYS' },
  seeders: { grows: bySite, bound: 'the number of seeders' },
  sessions: {
    grows: 'anyone with a password, by signing in; anyone, by starting to use a passkey',
    bound: '100 of a person and 100 that wait for a token, for an hour; without a password the limit of an IP address',
  },
  site_facts: { grows: bySite, bound: 'a few names' },
  static_devices: { grows: 'anyone who is verified', bound: 'one of a person' },
  static_tokens: { grows: 'anyone who is verified', bound: 'one set of a person' },
  totp_devices: setUp,
  trusted_browsers: {
    grows: 'anyone who enters a token',
    bound: '50 of a person, for TRUST_BROWSER_DAYS',
    swept: {
      row: {
        ...member,
        device: 'totp/1',
        series_hash: 'unique',
        token_hash: 'unique',
        created_at: new Date(0),
        rotated_at: new Date(0),
      },
      column: 'expires_at',
      past: 0,
      present: 60,
    },
  },
  user_groups: { grows: byAdministrators, bound: byAdministrators },
  users: { grows: byAdministrators, bound: byAdministrators },
  webauthn_challenges: {
    grows: 'anyone with a password, by security keys; anyone, by starting to use a passkey',
    bound: 'one of a session; of a person three for new keys and 100 for answers; for five minutes',
    swept: { row: { ...member, challenge_hash: 'unique', purpose: 'add' }, column: 'expires_at', past: 0, present: 60 },
  },
  webauthn_devices: setUp,
}
