import type { z } from 'zod'
import type { Keyring } from '../../crypto/keyring.js'
import type { KindOutcome } from '../device.js'

/** What a kind may know besides its row and the token. */
export interface KindWorld {
  now: Date
  keys: Keyring
  totpSync: boolean
}

/** One kind of device: where its rows lie and how a token is judged. */
export interface Kind {
  /** First half of the persistent id, for example `totp`. */
  name: string
  table: string
  /** Whether it sends a challenge before it can be answered. */
  interactive: boolean
  /** Whether the text could be one of its tokens at all; where it could not, nothing counts as a failure in the password step. */
  couldBe(token: string): boolean
  /** SQL of the columns beside the common ones; `d` is the device, `$lookup` the array from `lookup`. */
  columns: string
  /** SQL of how many tokens are left, for kinds that run out; `d` is the device. */
  remaining?: string
  /** What the database is to look the token up by. */
  lookup(token: string, keys: Keyring): string[]
  /** Pure: the row as it stands locked, the token, the time. */
  judge(row: unknown, token: string, world: KindWorld): KindOutcome
}

interface KindDefinition<Row> extends Omit<Kind, 'judge' | 'lookup'> {
  row: z.ZodType<Row>
  lookup?: Kind['lookup']
  judge(row: Row, token: string, world: KindWorld): KindOutcome
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
