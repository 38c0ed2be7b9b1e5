import type { Transaction } from 'sequelize'
import type { z } from 'zod'
import type { Config } from '../../config/read-config.js'
import type { Keyring } from '../../crypto/keyring.js'
import type { Database } from '../../db/connect.js'
import { runHostCode } from '../../host-code.js'
import type { Cause, KindOutcome, PersistentId, TokenInput } from '../device.js'
import type { PanelKind } from './kind-panel.js'
import type { RelyingParty } from '../relying-party.js'

/** Maximum number of characters of a submitted token: about twice the longest known one of a security key. */
export const MAX_TOKEN_LENGTH = 8192

/** Valid names of kinds. The name is the first half of a persistent ID. */
export const KIND_NAME_PATTERN = /^[a-z][a-z0-9]{0,15}$/

/** What a kind receives in addition to its row and the token. */
export interface KindContext {
  /** `enrol`: the user is setting up the device and knows its secret, so a rejection can be more specific. */
  purpose: 'verify' | 'enrol'
  now: Date
  keys: Keyring
  totpSync: boolean
  /** The ID that `generateChallenge` returned for this session; null if there is none. */
  challenge: string | null
  /** The relying party of security keys; null if they cannot be used at the site's URL. */
  relyingParty: RelyingParty | null
}

/** A new challenge, for the kind that delivers it. */
export interface NewChallenge {
  /** Six digits. Always text, because of leading zeros. */
  code: string
  expiresAt: Date
  /** The owner's language, for messages and calls. */
  language: string
  /** The row whose `delivery` column stores the result, unless it has another code by then. */
  delivery: { table: string; id: number; codeHash: string }
}

/** How an interactive kind delivers its challenges. */
export interface KindChallenge {
  /** Returns the recipient, such as a phone number or an email address, for the daily limit. */
  target(row: unknown): string
  /** Enqueues the job that delivers it, in the challenge's transaction. */
  enqueue(services: ChallengeServices, transaction: Transaction, row: unknown, challenge: NewChallenge): Promise<void>
}

/** The services for delivering a challenge. */
export interface ChallengeServices {
  database: Database
  keys: Keyring
}

/**
 * The result of an external verification: a function that verifies it against the locked row, or
 * that there was no response. Without a response the device is not allowed to verify, and no
 * failure is counted.
 */
export type Prepared<Row> =
  | {
      answered: true
      /** Verifies the response against the locked row. */
      verify(row: Row): KindOutcome
    }
  | { answered: false }

/**
 * For kinds whose token the browser creates in response to a challenge of the session. A script
 * submits it, and any of the user's devices can have created it.
 */
export interface BrowserToken {
  /** Path that returns the options with which the script of the token step calls the browser. */
  optionsPath: string
  /** Whether a submitted text is meant to be such a token, even if it cannot be parsed. Nobody types one. */
  isMeant(text: string): boolean
  /** Finds the confirmed device that created it, of any owner. */
  findDevice(otp: { database: Database }, token: string): Promise<PersistentId | null>
  /** Returns the key of the text that explains why it was rejected. */
  explain(token: string, because: Cause | undefined): string
}

/** How a token is entered that is not a few digits: in a separate form at the token step. */
export interface TokenField {
  /** Maximum number of characters of a token, up to 1024. The form accepts more, for text that is pasted with it. */
  maxLength: number
}

/**
 * How well a kind protects.
 *
 * - `phishing_resistant`: its token is useless at another site
 * - `possession`: anyone who has the device has its tokens
 * - `restricted`: its tokens can be intercepted (NIST SP 800-63B-4 §3.1.3.3), so a strict
 *   policy accepts it only together with another device
 * - `weak`: a strict policy does not accept it at all
 */
export type Strength = 'phishing_resistant' | 'possession' | 'restricted' | 'weak'

/** What the rest of the site needs to know about a kind, so that it does not depend on a particular one. */
export interface KindTraits {
  /** First half of the persistent ID, for example `totp`. */
  name: string
  /** Each of its tokens replaces another device once. They are not a second factor on their own. */
  isBackup: boolean
  strength: Strength
  /** Browsers only use it at a URL that can have a relying party. */
  isBoundToOrigin: boolean
  input: TokenInput
}

/** One kind of device: the table of its rows and the verification of a token. */
export interface Kind extends KindTraits, Partial<PanelKind> {
  table: string
  /** Whether this configuration uses it. If not, its devices keep their rows but verify nobody. */
  isEnabled(config: Pick<Config, 'smsGateway' | 'otpEmail'>): boolean
  /** For kinds that send a challenge to the user. */
  challenge?: KindChallenge
  /** For kinds whose token responds to a challenge of the session that is not sent. Without one there can be no token. */
  answersChallenge?: true
  /**
   * For kinds whose tokens nobody can guess, such as random tokens of 64 bits or more and
   * signatures. Wrong ones never lock the account, disable the device or make anyone else wait,
   * and the device works while the account is locked. If omitted, tokens are treated as codes of
   * a few digits.
   */
  unguessable?: true
  /** Which text explains a wrong token (`errors:wrong_token` in locales). */
  rejection?: 'message' | 'backup_token' | 'counter'
  /** Whether a text has the format of its tokens. If not, it is rejected without counting as a failure. */
  matchesFormat(token: string): boolean
  /**
   * SQL of the columns in addition to the common ones. `d` is the device, `owner` its owner,
   * `$lookup` the array from `lookup`, and `$now` the time.
   */
  columns: string
  /** SQL of the number of tokens left, for kinds that have a limited number. `d` is the device. */
  remaining?: string
  /** Returns the values by which the database looks up the token. */
  lookup(token: string, context: KindContext): string[]
  /**
   * Verifies a token against the locked row. A pure function of the row, the token and the context.
   * Asynchronous only for work in this process: waiting for a network would keep the owner's rows
   * locked.
   */
  verify(row: unknown, token: string, context: KindContext): KindOutcome | Promise<KindOutcome>
  /** The stored name of devices that the user has not named. Pages show the kind's name instead. */
  defaultName?: string
  field?: TokenField
  browserToken?: BrowserToken
  /**
   * For kinds whose tokens are verified externally, for example by a validation server. Runs
   * before anything is locked, for a device that is allowed to verify and a token of the right
   * format. The result is verified against the locked row, so that only one of two simultaneous
   * submissions of a token is accepted. Must end when `signal` aborts, after five seconds.
   *
   * @returns null if this row needs no external verification
   */
  prepare?(row: unknown, token: string, context: KindContext, signal: AbortSignal): Promise<Prepared<unknown> | null>
}

/** The definition of a kind, with the type of its rows. */
export interface KindDefinition<Row>
  extends
    Omit<Kind, 'isEnabled' | 'verify' | 'lookup' | 'prepare' | Exclude<keyof KindTraits, 'name'>>,
    Partial<KindTraits> {
  name: string
  /** If omitted, every configuration uses the kind. */
  isEnabled?: Kind['isEnabled']
  /** Schema of the row: `columns`, and the common columns that the kind uses. */
  row: z.ZodType<Row>
  /** Returns the values by which the database looks up the token. If omitted, none. */
  lookup?: Kind['lookup']
  /** Verifies a token against the row, which `row` has parsed. */
  verify(row: Row, token: string, context: KindContext): KindOutcome | Promise<KindOutcome>
  /** Verifies a token externally, before anything is locked. @returns null if this row does not need it */
  prepare?(row: Row, token: string, context: KindContext, signal: AbortSignal): Promise<Prepared<Row> | null>
}

/** Creates a kind whose functions receive parsed rows, so that kinds with different rows fit into one registry. */
export function defineKind<Row>(definition: KindDefinition<Row>): Kind {
  const { row: schema, prepare, ...kind } = definition
  return {
    ...defaultTraits(kind),
    isEnabled: () => true,
    lookup: () => [],
    ...kind,
    verify: (row, token, context) => definition.verify(schema.parse(row), token, context),
    ...(prepare && { prepare: parseRowsOf(schema, prepare) }),
  }
}

/** Returns the traits of a kind that does not define them. */
function defaultTraits({ name, field }: Pick<Kind, 'name' | 'field'>): KindTraits {
  return {
    name,
    isBackup: false,
    strength: 'possession',
    isBoundToOrigin: false,
    input: field ? 'text' : 'digits',
  }
}

/** Whether browsers can use devices of this kind at the site's URL. */
export function worksHere(kind: Pick<KindTraits, 'isBoundToOrigin'>, relyingParty: RelyingParty | null): boolean {
  return !kind.isBoundToOrigin || relyingParty !== null
}

function parseRowsOf<Row>(
  schema: z.ZodType<Row>,
  prepare: NonNullable<KindDefinition<Row>['prepare']>,
): NonNullable<Kind['prepare']> {
  return async (row, token, context, signal) => {
    const prepared = await runHostCode(() => prepare(schema.parse(row), token, context, signal))
    if (!prepared?.answered) return prepared
    return { answered: true, verify: (lockedRow) => prepared.verify(schema.parse(lockedRow)) }
  }
}
