import { z } from 'zod'
import { enqueue } from '../../notify/enqueue.js'
import { challengeColumns, challengeRow, couldBeCode, judgeCode } from '../challenge-code.js'
import { defineKind } from './kind.js'

const emailRow = z.object({
  ...challengeRow,
  /** The device's own address, or where it has none its owner's (D-36). */
  address: z.string(),
  owner_name: z.string(),
})

/**
 * Codes by e-mail. Off unless OTP_EMAIL is set, and labelled weak: NIST SP 800-63B-4 §3.1.3
 * does not take e-mail for a factor, since a stolen password often opens the mailbox too.
 */
export const email = defineKind({
  name: 'email',
  table: 'email_devices',
  strength: 'weak',
  isEnabled: ({ otpEmail }) => otpEmail,
  rejection: 'message',
  columns: `coalesce(nullif(d.email, ''), owner.email) as address, owner.name as owner_name, ${challengeColumns}`,
  couldBe: couldBeCode,
  row: emailRow,
  judge: judgeCode,
  challenge: {
    target: (row) => emailRow.parse(row).address.toLowerCase(),
    async enqueue(services, transaction, row, challenge) {
      const { address, owner_name: name } = emailRow.parse(row)
      await enqueue(services, transaction, 'send-mail-code', { ...challenge, to: address, name })
    },
  },
})
