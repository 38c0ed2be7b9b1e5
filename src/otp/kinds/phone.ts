import { z } from 'zod'
import { enqueue } from '../../notify/enqueue.js'
import { challengeColumns, challengeRow, couldBeCode, judgeCode } from '../challenge-code.js'
import { defineKind } from './kind.js'

const phoneRow = z.object({
  ...challengeRow,
  /** E.164 (ITU-T E.164 §6): `+` and at most 15 digits. */
  number: z.string(),
  method: z.enum(['sms', 'call']),
})

/** A number that gets its codes as text messages or by a call. */
export const phone = defineKind({
  name: 'phone',
  table: 'phone_devices',
  strength: 'restricted',
  isEnabled: ({ smsGateway }) => smsGateway !== undefined,
  rejection: 'message',
  columns: `d.number, d.method, ${challengeColumns}`,
  couldBe: couldBeCode,
  row: phoneRow,
  judge: judgeCode,
  challenge: {
    target: (row) => phoneRow.parse(row).number,
    async enqueue(services, transaction, row, challenge) {
      const { number, method } = phoneRow.parse(row)
      await enqueue(services, transaction, 'send-phone-code', { ...challenge, number, method })
    },
  },
})
