import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { rotateKeys } from '../../src/otp/rotate-keys.js'
import { openTestDatabase } from '../support/database.js'
import { createUser, testOtp } from '../support/otp.js'
import { postgresUrl } from '../support/postgres-database.js'

const [OLD, NEW] = [randomBytes(32), randomBytes(32)]
const place = (id: number) => ({ column: 'totp_devices.secret', id })

describe.skipIf(!postgresUrl())('a key rotation next to other work, on PostgreSQL', () => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase('postgres')
  })
  afterAll(() => database.close())

  it('never overwrites a value that changed in the meantime, even if two rotations run at once', async () => {
    const before = { ...testOtp(database), keys: createKeyring([OLD]) }
    const after = { ...before, keys: createKeyring([NEW, OLD]) }
    const users = [await createUser(database), await createUser(database), await createUser(database)]
    const wanted = new Map<number, Buffer>()
    // A user can have 20 devices of a kind.
    for (const user of users.flatMap((each) => Array.from({ length: 20 }, () => each))) {
      const secret = randomBytes(20)
      const device = { user, name: 'App', secret, confirmed: true }
      const added = await database.sequelize.transaction((transaction) => addTotpDevice(before, transaction, device))
      const { id } = added.device
      wanted.set(id, secret)
    }
    /** A process that has the new key in second place still writes with the old one. */
    const change = async (id: number) => {
      const secret = randomBytes(20)
      const sealed = (id % 2 ? before : after).keys.seal(secret, place(id))
      await database.pool.query('update totp_devices set secret = $1 where id = $2', [sealed, id])
      wanted.set(id, secret)
    }
    const changes = [...wanted.keys()].filter((id) => id % 3 === 0).map(change)
    await Promise.all([rotateKeys(after), rotateKeys(after), ...changes])
    await rotateKeys(after)
    const { rows } = await database.pool.query<{ id: number; secret: string }>('select id, secret from totp_devices')
    const alone = createKeyring([NEW])
    expect(new Map(rows.map(({ id, secret }) => [id, alone.open(secret, place(id))]))).toEqual(wanted)
  })
})
