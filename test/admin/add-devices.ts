import type { Database } from '../../src/db/connect.js'
import { deviceModels } from '../support/device-models.js'

/** One confirmed device of every kind without a shorter helper, with secrets that the tests look for. */
export async function addDevices(database: Pick<Database, 'sequelize'>, userId: number) {
  const models = deviceModels(database)
  const common = { user_id: userId, confirmed: true, last_used_from: '203.0.113.7, Firefox on Linux' }
  const hotp = await models.HotpDevice.create({ ...common, name: 'Grey token', secret: `sealed-hotp-secret-${userId}` })
  const phone = await models.PhoneDevice.create({
    ...common,
    name: 'Work phone',
    number: '+41524204242',
    method: 'sms',
    code_hash: `keyed-hash-of-a-phone-code-${userId}`,
  })
  const email = await models.EmailDevice.create({
    ...common,
    name: 'Spare mailbox',
    email: 'bouke@example.org',
    code_hash: `keyed-hash-of-a-mailed-code-${userId}`,
  })
  const webauthn = await models.WebauthnDevice.create({
    ...common,
    name: 'Blue key',
    credential_id: `credential-id-of-a-key-${userId}`,
    public_key: `public-key-of-a-key-${userId}`,
    user_handle: `user-handle-of-a-key-${userId}`,
    backed_up: true,
  })
  return { hotp, phone, email, webauthn }
}
