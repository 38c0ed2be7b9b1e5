import { randomBytes } from 'node:crypto'
import { hashPassword } from '../src/crypto/hash-password.js'
import type { Transaction } from 'sequelize'
import { addStaticToken } from '../src/kinds/static/add-token.js'
import { addTotpDevice } from '../src/kinds/totp/add-device.js'
import { formatBackupToken } from '../src/kinds/static/backup-token.js'
import type { Otp } from '../src/otp/otp.js'

/** The credentials of the demo superuser, printed only at the first start. */
export interface DemoCredentials {
  email: string
  password: string
  backupTokens: string[]
  /** `otpauth://` URI for an authenticator app. */
  keyUri: string
}

export const name = '0001-demo-staff'

const BACKUP_TOKENS = 10

/** Adds a superuser with an authenticator app and backup tokens, and some colleagues. The password is random. */
export async function up(otp: Otp, transaction: Transaction): Promise<DemoCredentials> {
  const { User } = otp.database.models
  const password = randomBytes(12).toString('base64url')
  const admin = await User.create(
    {
      email: 'ada@example.com',
      name: 'Ada Lovelace',
      password_hash: await hashPassword(password),
      is_staff: true,
      is_superuser: true,
      created_at: otp.clock.now(),
    },
    { transaction },
  )
  const { uri } = await addTotpDevice(otp, transaction, { user: admin, name: 'Authenticator app', confirmed: true })
  const backupTokens: string[] = []
  while (backupTokens.length < BACKUP_TOKENS)
    backupTokens.push(formatBackupToken((await addStaticToken(otp, transaction, admin.id)).token))
  await addColleagues(otp, transaction)
  return { email: admin.email, password, backupTokens, keyUri: uri }
}

/** Adds users without a password. They cannot sign in until one is set. */
async function addColleagues(otp: Otp, transaction: Transaction): Promise<void> {
  const colleagues = [
    { email: 'grace@example.com', name: 'Grace Hopper', is_staff: true, device: 'Phone', group: 'People admins' },
    { email: 'alan@example.com', name: 'Alan Turing', is_staff: true, device: null, group: 'Help desk' },
    { email: 'hedy@example.com', name: 'Hedy Lamarr', is_staff: false, device: 'Tablet', group: null },
  ]
  const { Group, User, UserGroup } = otp.database.models
  for (const { device, group: name, ...colleague } of colleagues) {
    const user = await User.create({ ...colleague, created_at: otp.clock.now() }, { transaction })
    const group = name === null ? null : await Group.findOne({ where: { name }, transaction })
    if (group) await UserGroup.create({ user_id: user.id, group_id: group.id }, { transaction })
    if (device) await addTotpDevice(otp, transaction, { user, name: device, confirmed: true })
  }
}
