import { z } from 'zod'

/** Six digits, as text from end to end: `012345` has six of them (F-35, F-45, F-56). */
export const code = z.string().regex(/^[0-9]{6}$/)

const challenge = {
  code,
  expiresAt: z.coerce.date(),
  language: z.string().max(16),
  /** Whose row says whether this code is still the one that is waited for, and is told what came of it. */
  delivery: z.object({ table: z.string().regex(/^[a-z][a-z0-9]*_devices$/), id: z.int(), codeHash: z.string() }),
}

/** A code for a phone. */
export const phoneCode = z.object({ ...challenge, number: z.string(), method: z.enum(['sms', 'call']) })

/** A code for a mailbox. */
export const mailCode = z.object({ ...challenge, to: z.string(), name: z.string() })

/** A code for a device whose kind delivers it itself. */
export const kindCode = z.object({ ...challenge, kind: z.string(), to: z.string() })

export type PhoneCode = z.output<typeof phoneCode>
export type MailCode = z.output<typeof mailCode>
export type KindCode = z.output<typeof kindCode>
export type CodeToSend = Pick<PhoneCode, 'expiresAt' | 'delivery'>
