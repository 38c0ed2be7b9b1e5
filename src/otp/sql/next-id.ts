import { QueryTypes, type Transaction } from 'sequelize'
import type { Otp } from '../otp.js'

/** The id of a row to come: it is part of what the row's secret is sealed with. */
export async function nextId(otp: Otp, transaction: Transaction | null, table: string): Promise<number> {
  const [row] = await otp.database.sequelize.query<{ id: number }>(
    `select nextval(pg_get_serial_sequence($table, 'id'))::int as id`,
    { bind: { table }, type: QueryTypes.SELECT, transaction },
  )
  if (!row) throw new Error(`The sequence of ${table} gave no number.`)
  return row.id
}
