import { z } from 'zod'

/** Six digits. They are text everywhere, because a number would lose leading zeros. */
export const codeSchema = z.string().regex(/^[0-9]{6}$/)

const challenge = {
  code: codeSchema,
  expiresAt: z.coerce.date(),
  language: z.string().max(16),
  /** The device's row. It shows whether the page still waits for this code, and the result is stored there. */
  delivery: z.object({ table: z.string().regex(/^[a-z][a-z0-9]*_devices$/), id: z.int(), codeHash: z.string() }),
}

/** A code for a phone. */
export const phoneCode = z.object({ ...challenge, number: z.string(), method: z.enum(['sms', 'call']) })

/** A code for an email address. */
export const mailCode = z.object({ ...challenge, to: z.string(), name: z.string() })

/** A code for a device whose kind delivers it itself. */
export const kindCode = z.object({ ...challenge, kind: z.string(), to: z.string() })

export type PhoneCode = z.output<typeof phoneCode>
export type MailCode = z.output<typeof mailCode>
export type KindCode = z.output<typeof kindCode>
export type CodeDelivery = Pick<PhoneCode, 'code' | 'expiresAt' | 'delivery'>
