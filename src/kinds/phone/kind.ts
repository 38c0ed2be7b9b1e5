import { literal } from 'sequelize'
import { initPhoneDevice } from './model.js'
import { z } from 'zod'
import { enqueue } from '../../notify/enqueue.js'
import {
  challengeColumnsSql,
  challengeRowSchema,
  looksLikeCode,
  verifyCode,
} from '../../otp/challenges/challenge-code.js'
import { maskPhoneNumber } from './phone-number.js'
import { defineKind } from '../../otp/kind-registry/kind.js'

const phoneRow = z.object({
  ...challengeRowSchema,
  /** E.164 (ITU-T E.164 §6): `+` and at most 15 digits. */
  number: z.string(),
  method: z.enum(['sms', 'call']),
})

const methods = ['sms', 'call'].map((value) => ({ value, label: value }))

/** Codes to a phone, by text message or call. */
export const phone = defineKind({
  name: 'phone',
  table: 'phone_devices',
  initModel: initPhoneDevice,
  panel: {
    icon: 'Phone',
    columns: ['method'],
    // The country and the last two digits are enough for administrators to recognise a number.
    hidden: { number: literal('"phone_devices"."number"') },
    derived: { masked_number: (row) => maskPhoneNumber(String(row['number'])) },
    properties: {
      masked_number: { type: 'string', isSortable: false },
      method: { availableValues: methods, isSortable: false },
    },
    inList: ['masked_number'],
  },
  strength: 'restricted',
  isEnabled: ({ smsGateway }) => smsGateway !== undefined,
  rejection: 'message',
  columns: `d.number, d.method, ${challengeColumnsSql}`,
  matchesFormat: looksLikeCode,
  row: phoneRow,
  verify: verifyCode,
  challenge: {
    target: (row) => phoneRow.parse(row).number,
    async enqueue(services, transaction, row, challenge) {
      const { number, method } = phoneRow.parse(row)
      await enqueue(services, transaction, 'send-phone-code', { ...challenge, number, method })
    },
  },
})
