import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { formatBackupToken, hashBackupToken, generateBackupToken } from '../../src/kinds/static/backup-token.js'
import { persistentId } from '../../src/otp/devices/persistent-id.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { testKind } from './kinds-contract.js'
import { deviceModels } from '../support/device-models.js'

const secret = Buffer.from('2a2bbba1092ffdd25a328ad1a0a5f5d61d7aacc4', 'hex')

testKind({
  name: 'totp',
  wrongToken: '000000',
  add: (otp, userId) =>
    otp.database.sequelize.transaction(async (transaction) => {
      const user = { id: userId, email: 'someone@example.com' }
      const { device } = await addTotpDevice(otp, transaction, { user, name: 'App', secret, confirmed: true })
      return device
    }),
  goodToken: async (otp) => generateHotp(secret, timeStep(otp.clock.now(), 30, 0), 6),
})

testKind({
  name: 'static',
  wrongToken: 'AAAA-AAAA-AAAA-AAAA',
  async add(otp, userId) {
    const { StaticDevice } = deviceModels(otp.database)
    const { id } = await StaticDevice.create({ user_id: userId, name: 'Backup tokens', confirmed: true })
    return {
      persistentId: persistentId('static', id),
      kind: 'static',
      id,
      userId,
      name: 'Backup tokens',
      confirmed: true,
      state: 'active',
      disabledAt: null,
      disabledReason: null,
      interactive: false,
      isBackup: true,
      input: 'text',
      createdAt: otp.clock.now(),
      lastUsedAt: null,
      lastUsedFrom: null,
    }
  },
  async goodToken(otp, device) {
    const token = generateBackupToken()
    await deviceModels(otp.database).StaticToken.create({
      device_id: device.id,
      token_hash: hashBackupToken(otp.keys, token),
    })
    return formatBackupToken(token)
  },
})
