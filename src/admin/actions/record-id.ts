import type { ActionContext, ActionRequest } from '../adminjs.js'
import { PanelRefusal } from '../refusal.js'

/** The id in the address of a record's action: digits, as src/admin/http/check-call.ts has seen. */
export function recordId({ params }: ActionRequest): string {
  if (params.recordId === undefined) throw new PanelRefusal('not_found')
  return params.recordId
}

/** Those of a bulk action. */
export function recordIds({ records = [] }: ActionContext): number[] {
  return records.map((record) => Number(record.id()))
}
