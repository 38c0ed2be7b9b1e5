import { randomUUID } from 'node:crypto'
import { QueryTypes } from 'sequelize'
import { type FixedClock, fixedClock } from '../clock.js'
import { createKeyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import type { Device, Verification } from '../otp/device.js'
import { createEvents } from '../otp/events.js'
import { anyone, type Asker } from '../otp/failures.js'
import type { Kind } from '../otp/kind-registry/kind.js'
import type { Otp } from '../otp/otp.js'
import { verifyToken } from '../otp/verify-token.js'
import { relyingPartyFor } from '../otp/relying-party.js'

/** The core on a database for tests, with a clock that is moved by hand. */
export type ContractOtp = Otp & { clock: FixedClock }

/** A token, with the challenge that the session keeps for kinds that want one. */
export interface AnsweredChallenge {
  token: string
  challenge: string
}

/** What the contract must know of a kind: how to have a device of it, and what it would accept. */
export interface KindFixture {
  /** Migrated with the kind: `migrate(database, [kind])`. It is asked when a check runs, not before. */
  database(): Database
  /** Adds a confirmed device. */
  add(otp: ContractOtp, userId: number): Promise<Device>
  /** A token that the device accepts at the clock's present time, another one at each call. */
  goodToken(otp: ContractOtp, device: Device): Promise<string | AnsweredChallenge>
  /** Of the right shape, but never right. */
  wrongToken: string
}

/** One person with one device of the kind, and nothing else. */
export interface Harness {
  kind: Kind
  fixture: KindFixture
  otp: ContractOtp
  userId: number
  device: Device
  good(of?: Device): Promise<string | AnsweredChallenge>
  /** @param to another device than the stage's, another person, or who asks */
  submit(
    given: string | AnsweredChallenge,
    to?: { deviceId?: string; by?: number; asker?: Asker },
  ): Promise<Verification>
  /** The device's own row. */
  row(): Promise<Record<string, unknown>>
  /** Changes its columns behind the core's back. */
  change(assignment: string): Promise<void>
}

export async function createHarness(kind: Kind, fixture: KindFixture): Promise<Harness> {
  const otp = contractOtp(fixture.database(), kind)
  const userId = await createContractUser(otp)
  const device = await fixture.add(otp, userId)
  const { sequelize } = otp.database
  return {
    kind,
    fixture,
    otp,
    userId,
    device,
    good: (of = device) => fixture.goodToken(otp, of),
    submit: (given, { deviceId = device.persistentId, by = userId, asker = anyone } = {}) =>
      verifyToken(otp, { userId: by, deviceId, asker, ...(typeof given === 'string' ? { token: given } : given) }),
    async row() {
      const sql = `select * from ${kind.table} where id = $id`
      const rows = await sequelize.query<Record<string, unknown>>(sql, bindId(device.id))
      return rows[0] ?? {}
    },
    async change(assignment) {
      await sequelize.query(`update ${kind.table} set ${assignment} where id = $id returning id`, bindId(device.id))
    },
  }
}

const bindId = (id: number) => ({ bind: { id }, type: QueryTypes.SELECT }) as const

/** Somebody new, who is active and has no device. @returns the id */
export async function createContractUser({ database }: Otp): Promise<number> {
  const user = await database.models.User.create({ email: `${randomUUID()}@example.com`, name: 'Person' })
  return user.id
}

function contractOtp(database: Database, kind: Kind): ContractOtp {
  const kinds = [kind]
  return {
    database,
    clock: fixedClock(),
    keys: createKeyring([Buffer.alloc(32, 7)]),
    events: createEvents(),
    kinds,
    everyKind: kinds,
    settings: {
      totpSync: true,
      throttleFactor: 1,
      challengeCooldown: 30,
      siteName: 'Test',
      relyingParty: relyingPartyFor('http://localhost:3000', 'Test'),
    },
  }
}

/** A check on a stage of its own. */
export type StagedCheck = readonly [title: string, check: (stage: Harness) => Promise<void>]
