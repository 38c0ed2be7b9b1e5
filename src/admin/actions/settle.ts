import type { z } from 'zod'
import type { ActionContext, ActionRequest, RecordActionResponse } from '../adminjs.js'
import { PanelRefusal } from '../refusal.js'
import type { Refused } from './outcome.js'
import { wrongFields } from './parse-fields.js'

/** The typed form, or a refusal that names the fields. */
export function parseForm<Form>(schema: z.ZodType<Form>, request: ActionRequest): Form {
  const parsed = schema.safeParse(request.payload ?? {})
  if (parsed.success) return parsed.data
  throw new PanelRefusal('bad_request', { reason: 'fields', fields: wrongFields(parsed.error) })
}

/** Goes on where a verb has done its work; its transaction has ended either way. */
export function settle<Given extends { ok: true }>(outcome: Given | Refused): Given {
  if (outcome.ok) return outcome
  throw new PanelRefusal(outcome.code, outcome.code === 'not_allowed' ? { reason: outcome.reason } : {})
}

/** Tells AdminJS's page that a record was saved, and leads to it. */
export async function savedAnswer(context: ActionContext, recordId: string): Promise<RecordActionResponse> {
  const { resource, h, currentAdmin } = context
  const record = await resource.findOne(recordId, context)
  if (!record) throw new PanelRefusal('not_found')
  return {
    record: record.toJSON(currentAdmin),
    redirectUrl: h.recordActionUrl({ resourceId: resource.id(), recordId, actionName: 'show' }),
    notice: { message: 'successfullyUpdated', type: 'success' },
  }
}
