import { randomUUID } from 'node:crypto'
import { QueryTypes } from 'sequelize'
import { type FixedClock, fixedClock } from '../clock.js'
import { createKeyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import type { Device, Verification } from '../otp/device.js'
import { createEvents } from '../otp/events.js'
import { anyone, type Asker } from '../otp/throttle/failures.js'
import type { Kind } from '../otp/kind-registry/kind.js'
import type { Otp } from '../otp/otp.js'
import { verifyToken } from '../otp/tokens/verify-token.js'
import { relyingPartyFor } from '../otp/relying-party.js'

/** The core on a test database, with a clock that only changes when it is set. */
export type ContractOtp = Otp & { clock: FixedClock }

/** A token and the challenge that the session stores, for kinds that require one. */
export interface AnsweredChallenge {
  token: string
  challenge: string
}

/** What the checks need from a kind: how to add a device of it, and which tokens the device accepts. */
export interface KindFixture {
  /** Returns a database migrated with the kind: `migrate(database, [kind])`. Only called when a check runs. */
  database(): Database
  /** Adds a confirmed device. */
  add(otp: ContractOtp, userId: number): Promise<Device>
  /** Returns a token that the device accepts at the clock's current time, a different one at each call. */
  goodToken(otp: ContractOtp, device: Device): Promise<string | AnsweredChallenge>
  /** Has the right format, but is never correct. */
  wrongToken: string
}

/** One user with one device of the kind. */
export interface Harness {
  kind: Kind
  fixture: KindFixture
  otp: ContractOtp
  userId: number
  device: Device
  good(of?: Device): Promise<string | AnsweredChallenge>
  /** @param to another device or user than the harness's, or the requester */
  submit(
    submission: string | AnsweredChallenge,
    to?: { deviceId?: string; by?: number; asker?: Asker },
  ): Promise<Verification>
  /** Reads the device's row. */
  row(): Promise<Record<string, unknown>>
  /** Changes the columns directly in the database. */
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
    submit: (submission, { deviceId = device.persistentId, by = userId, asker = anyone } = {}) =>
      verifyToken(otp, {
        userId: by,
        deviceId,
        asker,
        ...(typeof submission === 'string' ? { token: submission } : submission),
      }),
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

/** Creates an active user without a device. @returns the ID */
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
    baseUrl: () => 'http://localhost:3000',
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

/** A check that gets its own harness. */
export type StagedCheck = readonly [title: string, check: (harness: Harness) => Promise<void>]
