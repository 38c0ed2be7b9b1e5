import type { ActionContext, ActionRequest } from '../adminjs.js'
import { PanelError } from '../panel-error.js'

/** Returns the ID in the path of a record's action. src/admin/http/check-call.ts has checked that it is digits. */
export function recordId({ params }: ActionRequest): string {
  if (params.recordId === undefined) throw new PanelError('not_found')
  return params.recordId
}

/** Returns the IDs of a bulk action. */
export function recordIds({ records = [] }: ActionContext): number[] {
  return records.map((record) => Number(record.id()))
}
