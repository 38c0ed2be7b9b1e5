import type { Transaction } from 'sequelize'
import type { z } from 'zod'
import type { Keyring } from '../../crypto/keyring.js'
import type { Database } from '../../db/connect.js'
import type { KindOutcome } from '../device.js'
import type { RelyingParty } from '../webauthn/relying-party.js'

/** What a kind may know besides its row and the token. */
export interface KindWorld {
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

export interface ChallengeServices {
  database: Database
  keys: Keyring
}

/** One kind of device: where its rows lie and how a token is judged. */
export interface Kind {
  /** First half of the persistent id, for example `totp`. */
  name: string
  table: string
  /** For kinds that send a challenge before they can be answered. */
  challenge?: KindChallenge
  /** For kinds whose token answers a challenge of the session without anything being sent: it is no token without it. */
  answersChallenge?: true
  /** Whether the text could be one of its tokens at all; where it could not, nothing counts as a failure in the password step. */
  couldBe(token: string): boolean
  /** SQL of the columns beside the common ones; `d` is the device, `owner` its owner, `$lookup` the array from `lookup`, `$now` the time. */
  columns: string
  /** SQL of how many tokens are left, for kinds that run out; `d` is the device. */
  remaining?: string
  /** What the database is to look the token up by. */
  lookup(token: string, world: KindWorld): string[]
  /** Pure: the row as it stands locked, the token, the time. */
  judge(row: unknown, token: string, world: KindWorld): KindOutcome | Promise<KindOutcome>
}

interface KindDefinition<Row> extends Omit<Kind, 'judge' | 'lookup'> {
  row: z.ZodType<Row>
  lookup?: Kind['lookup']
  judge(row: Row, token: string, world: KindWorld): KindOutcome | Promise<KindOutcome>
}

/** Gives a kind's `judge` a checked row, so that kinds of different shape fit one registry. */
export function defineKind<Row>(definition: KindDefinition<Row>): Kind {
  const { row: schema, ...kind } = definition
  return {
    lookup: () => [],
    ...kind,
    judge: (row, token, world) => definition.judge(schema.parse(row), token, world),
  }
}
