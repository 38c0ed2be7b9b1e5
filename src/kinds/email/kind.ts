import { literal } from 'sequelize'
import { initEmailDevice } from './model.js'
import { z } from 'zod'
import { enqueue } from '../../notify/enqueue.js'
import {
  challengeColumnsSql,
  challengeRowSchema,
  looksLikeCode,
  verifyCode,
} from '../../otp/challenges/challenge-code.js'
import { maskEmail } from './mask-email.js'
import { defineKind } from '../../otp/kind-registry/kind.js'

const emailRow = z.object({
  ...challengeRowSchema,
  /** The device's own email address, or its owner's if it has none. */
  address: z.string(),
  owner_name: z.string(),
})

const ADDRESS = 'coalesce("email_devices"."email", (select email from users where users.id = "email_devices".user_id))'

/**
 * Codes by email, if OTP_EMAIL is set. Its strength is weak: NIST SP 800-63B-4 §3.1.3 does not
 * accept email as a factor, because a stolen password often opens the email account too.
 */
export const email = defineKind({
  name: 'email',
  table: 'email_devices',
  initModel: initEmailDevice,
  panel: {
    icon: 'Mail',
    columns: [],
    // Codes go to the owner's email address if the device has none.
    hidden: { address: literal(ADDRESS) },
    derived: { masked_email: (row) => maskEmail(String(row['address'])) },
    properties: { masked_email: { type: 'string', isSortable: false } },
    inList: ['masked_email'],
  },
  strength: 'weak',
  isEnabled: ({ otpEmail }) => otpEmail,
  rejection: 'message',
  columns: `coalesce(nullif(d.email, ''), owner.email) as address, owner.name as owner_name, ${challengeColumnsSql}`,
  matchesFormat: looksLikeCode,
  row: emailRow,
  verify: verifyCode,
  challenge: {
    target: (row) => emailRow.parse(row).address.toLowerCase(),
    async enqueue(services, transaction, row, challenge) {
      const { address, owner_name: name } = emailRow.parse(row)
      await enqueue(services, transaction, 'send-mail-code', { ...challenge, to: address, name })
    },
  },
})
