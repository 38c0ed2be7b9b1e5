import type { Transaction } from 'sequelize'
import type { z } from 'zod'
import type { Config } from '../../config/read-config.js'
import type { Keyring } from '../../crypto/keyring.js'
import type { Database } from '../../db/connect.js'
import { runHostCode } from '../../host-code.js'
import type { Cause, KindOutcome, PersistentId, TokenInput } from '../device.js'
import type { PanelKind } from './kind-panel.js'
import type { RelyingParty } from '../relying-party.js'

/** Characters of a posted token at most: about twice the largest that security keys are known to give. */
export const MAX_TOKEN_LENGTH = 8192

/** What a kind can be called: the first half of a persistent id. */
export const KIND_NAME_PATTERN = /^[a-z][a-z0-9]{0,15}$/

/** What a kind may know besides its row and the token. */
export interface KindContext {
  /** `enrol`: the person has the device's secret in hand, so more can be said about a wrong token. */
  purpose: 'verify' | 'enrol'
  now: Date
  keys: Keyring
  totpSync: boolean
  /** The id that `generateChallenge` gave to this session; null: it asked for none. */
  challenge: string | null
  /** For whom security keys answer; null: this site's address is none that they answer for. */
  relyingParty: RelyingParty | null
}

/** A new challenge, for the kind that has to bring it to its owner. */
export interface NewChallenge {
  /** Six digits, as text from end to end: leading zeros count. */
  code: string
  expiresAt: Date
  /** The owner's, for texts and spoken words. */
  language: string
  /** Whose `delivery` column is to say what came of it, for as long as the code is the same. */
  delivery: { table: string; id: number; codeHash: string }
}

/** How an interactive kind brings its challenges to their owner. */
export interface KindChallenge {
  /** Number or address, for the daily limit. */
  target(row: unknown): string
  /** Adds the job that delivers it, inside the challenge's transaction. */
  enqueue(services: ChallengeServices, transaction: Transaction, row: unknown, challenge: NewChallenge): Promise<void>
}

/** What delivering a challenge needs. */
export interface ChallengeServices {
  database: Database
  keys: Keyring
}

/**
 * What came of asking outside about a token: how the locked row is to be judged now, or that
 * nobody answered. Then the device may not be asked, and no failure is counted.
 */
export type Prepared<Row> =
  | {
      answered: true
      /** Judges the answer against the row as it stands locked. */
      verify(row: Row): KindOutcome
    }
  | { answered: false }

/**
 * For kinds whose token the browser makes in answer to a challenge of the session. A script posts
 * it; any of the person's devices can have made it.
 */
export interface BrowserToken {
  /** URL that gives the script of the token step what to call the browser with. */
  optionsPath: string
  /** Whether a posted text is such a token, readable or not. Nobody types one. */
  isMeant(text: string): boolean
  /** The confirmed device that made it, whoever owns it; null: none that is known. */
  findDevice(otp: { database: Database }, token: string): Promise<PersistentId | null>
  /** The key of the text that explains why it was rejected. */
  explain(token: string, because: Cause | undefined): string
}

/** How a token is typed where it is not a short row of digits: in a form of its own at the token step. */
export interface TokenField {
  /** Characters of a token, at most 1024. The form takes more, for what is pasted around it. */
  maxLength: number
}

/**
 * How much a kind protects.
 *
 * - `phishing_resistant`: its answer is of no use at another site
 * - `possession`: whoever has the device has its tokens
 * - `restricted`: its tokens can be read on their way (NIST SP 800-63B-4 §3.1.3.3), so a strict
 *   policy accepts it only together with another device
 * - `weak`: a strict policy does not accept it at all
 */
export type Strength = 'phishing_resistant' | 'possession' | 'restricted' | 'weak'

/** What the rest of the site asks about a kind, so that it never has to know which one it is. */
export interface KindTraits {
  /** First half of the persistent id, for example `totp`. */
  name: string
  /** Its tokens stand in for another device once. They are not a second factor by themselves. */
  isBackup: boolean
  strength: Strength
  /** Browsers use it only at an address that can have a relying party. */
  isBoundToOrigin: boolean
  input: TokenInput
}

/** One kind of device: where its rows lie and how a token is judged. */
export interface Kind extends KindTraits, Partial<PanelKind> {
  table: string
  /** Whether this configuration uses it. If not, its devices keep their rows and verify nobody. */
  isEnabled(config: Pick<Config, 'smsGateway' | 'otpEmail'>): boolean
  /** For kinds that send a challenge before they can be answered. */
  challenge?: KindChallenge
  /** For kinds whose token answers a challenge of the session without anything being sent: it is no token without it. */
  answersChallenge?: true
  /**
   * For kinds whose tokens nobody can guess, such as random tokens of 64 bits or more and
   * signatures. Wrong ones never lock the account, disable the device or make anyone else wait,
   * and the device is verified while the account is locked. Left out: a token is a code of a
   * few digits, or might be.
   */
  unguessable?: true
  /** Which text explains a wrong token (`errors:wrong_token` in locales). */
  rejection?: 'message' | 'backup_token' | 'counter'
  /** Whether the text could be one of its tokens at all. If not, it is rejected without counting as a failure. */
  matchesFormat(token: string): boolean
  /** SQL of the columns beside the common ones; `d` is the device, `owner` its owner, `$lookup` the array from `lookup`, `$now` the time. */
  columns: string
  /** SQL of how many tokens are left, for kinds that run out; `d` is the device. */
  remaining?: string
  /** What the database is to look the token up by. */
  lookup(token: string, world: KindContext): string[]
  /**
   * Pure: the row as it stands locked, the token, the time. Asynchronous only for work of this
   * process: whoever waits for a network here holds the rows of their owner.
   */
  verify(row: unknown, token: string, world: KindContext): KindOutcome | Promise<KindOutcome>
  /** What its devices are called that nobody has named: pages show the kind's name instead. */
  defaultName?: string
  field?: TokenField
  browserToken?: BrowserToken
  /**
   * For kinds whose tokens somebody outside judges, such as a validation server: runs before
   * anything is locked, for a device that may be asked and a token that could be its. What it
   * gives back is judged against the locked row, so that of one token twice at once only one
   * counts. null: this row needs nobody outside. Ends when `signal` does, after five seconds.
   */
  prepare?(row: unknown, token: string, world: KindContext, signal: AbortSignal): Promise<Prepared<unknown> | null>
}

/** How a kind judges, with rows of its own shape. */
export interface KindDefinition<Row>
  extends
    Omit<Kind, 'isEnabled' | 'verify' | 'lookup' | 'prepare' | Exclude<keyof KindTraits, 'name'>>,
    Partial<KindTraits> {
  name: string
  /** Always, where it is left out. */
  isEnabled?: Kind['isEnabled']
  /** Of `columns` and, where it names them, of the common ones. */
  row: z.ZodType<Row>
  /** What the database is to look the token up by; nothing where it is left out. */
  lookup?: Kind['lookup']
  /** Judges a token, with the row checked by `row`. */
  verify(row: Row, token: string, world: KindContext): KindOutcome | Promise<KindOutcome>
  /** What has to be asked elsewhere, before anything is locked; null: nothing. */
  prepare?(row: Row, token: string, world: KindContext, signal: AbortSignal): Promise<Prepared<Row> | null>
}

/** Gives a kind's functions a checked row, so that kinds of different shape fit one registry. */
export function defineKind<Row>(definition: KindDefinition<Row>): Kind {
  const { row: schema, prepare, ...kind } = definition
  return {
    ...traitsOf(kind),
    isEnabled: () => true,
    lookup: () => [],
    ...kind,
    verify: (row, token, world) => definition.verify(schema.parse(row), token, world),
    ...(prepare && { prepare: checkedPrepare(schema, prepare) }),
  }
}

/** What a kind is like that says nothing else about itself. */
function traitsOf({ name, field }: Pick<Kind, 'name' | 'field'>): KindTraits {
  return {
    name,
    isBackup: false,
    strength: 'possession',
    isBoundToOrigin: false,
    input: field ? 'text' : 'digits',
  }
}

/** Whether browsers can use devices of this kind at the site's address. */
export function worksHere(kind: Pick<KindTraits, 'isBoundToOrigin'>, relyingParty: RelyingParty | null): boolean {
  return !kind.isBoundToOrigin || relyingParty !== null
}

function checkedPrepare<Row>(
  schema: z.ZodType<Row>,
  prepare: NonNullable<KindDefinition<Row>['prepare']>,
): NonNullable<Kind['prepare']> {
  return async (row, token, world, signal) => {
    const prepared = await runHostCode(() => prepare(schema.parse(row), token, world, signal))
    if (!prepared?.answered) return prepared
    return { answered: true, verify: (locked) => prepared.verify(schema.parse(locked)) }
  }
}
