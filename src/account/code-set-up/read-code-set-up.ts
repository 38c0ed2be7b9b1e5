import type { Request } from 'express'
import { z } from 'zod'
import { runStatement } from '../../db/run-statement.js'
import { parsePersistentId } from '../../otp/persistent-id.js'
import { ENROLMENT_SECONDS } from '../../otp/sweep-enrolments.js'
import type { Account } from '../account.js'

const setUpRow = z.object({
  id: z.number(),
  name: z.string(),
  /** What came of the last code: null where none was sent. */
  delivery: z.enum(['pending', 'sent', 'failed']).nullable(),
  number: z.string().nullable(),
  method: z.enum(['sms', 'call']).nullable(),
})

/** A phone or mailbox that this session is setting up. */
export type CodeSetUp = z.output<typeof setUpRow> & { deviceId: string }

const COLUMNS = {
  phone: { table: 'phone_devices', columns: 'number, method' },
  email: { table: 'email_devices', columns: 'null as number, null as method' },
}

export type CodeKind = keyof typeof COLUMNS

/** The set-up of this kind that the session has begun; null where there is none, or it is over. */
export async function readCodeSetUp(account: Account, req: Request, kind: CodeKind): Promise<CodeSetUp | null> {
  const { setUp } = req.session
  const named = setUp ? parsePersistentId(setUp.device) : null
  if (!req.user || !setUp || named?.kind !== kind) return null
  if (account.clock.now().getTime() - setUp.at >= ENROLMENT_SECONDS * 1000) return null
  const { table, columns } = COLUMNS[kind]
  const sql = `select id, name, delivery, ${columns} from ${table} where id = $id and user_id = $userId and not confirmed and confirmed_at is null`
  const [row] = await runStatement(account.database, undefined, sql, { id: named.id, userId: req.user.id })
  return row ? { ...setUpRow.parse(row), deviceId: setUp.device } : null
}
