import type { z } from 'zod'
import type { ActionContext, ActionHandler, ActionRequest, ActionResponse, RecordActionResponse } from '../adminjs.js'
import { PanelError } from '../panel-error.js'
import { actorOf, type PanelUser } from '../panel-user.js'
import type { ActionResult, RejectedAction } from './action-result.js'
import { recordId, recordIds } from './record-id.js'
import { fieldErrors } from '../form-fields.js'

/**
 * Parses a submitted form.
 *
 * @throws {PanelError} `bad_request` with the invalid fields
 */
export function parseActionForm<Form>(schema: z.ZodType<Form>, request: ActionRequest): Form {
  const parsed = schema.safeParse(request.payload ?? {})
  if (parsed.success) return parsed.data
  throw new PanelError('bad_request', { reason: 'fields', fields: fieldErrors(parsed.error) })
}

/**
 * Returns a successful outcome and throws a rejected one. Called after the transaction.
 *
 * @throws {PanelError}
 */
export function unwrapResult<Given extends { ok: true }>(outcome: Given | RejectedAction): Given {
  if (outcome.ok) return outcome
  const { code } = outcome
  if (code === 'not_allowed') throw new PanelError(code, { reason: outcome.reason })
  if (code === 'too_many_requests') throw new PanelError(code, { retryAfter: outcome.retryAfter })
  throw new PanelError(code, code === 'bad_request' ? { reason: 'fields', fields: outcome.fields } : {})
}

/**
 * Builds AdminJS's response after a record was saved: a notice, and a redirect to the record.
 *
 * @param message a key of AdminJS's messages
 */
export async function savedResponse(
  context: ActionContext,
  recordId: string,
  message = 'successfullyUpdated',
): Promise<RecordActionResponse> {
  const { resource, h, currentAdmin } = context
  const record = await resource.findOne(recordId, context)
  if (!record) throw new PanelError('not_found')
  return {
    record: record.toJSON(currentAdmin),
    redirectUrl: h.recordActionUrl({ resourceId: resource.id(), recordId, actionName: 'show' }),
    notice: { message, type: 'success', resourceId: resource.id() },
  }
}

/**
 * Creates the handlers that remove one record, or all selected ones.
 *
 * @param message a key of AdminJS's messages with a `count`
 */
export function removalHandlers(
  message: string,
  remove: (actor: PanelUser, ids: readonly number[]) => Promise<ActionResult>,
): Record<'delete' | 'bulkDelete', ActionHandler<ActionResponse>> {
  return {
    async delete(request, _response, context) {
      unwrapResult(await remove(actorOf(context), [Number(recordId(request))]))
      return removedResponse(context, message)
    },
    async bulkDelete(_request, _response, context) {
      unwrapResult(await remove(actorOf(context), recordIds(context)))
      return removedResponse(context, message)
    },
  }
}

/**
 * Builds AdminJS's response after records were deleted: a notice, and a redirect to their list.
 *
 * @param message a key of AdminJS's messages with a `count`
 */
function removedResponse(context: ActionContext, message: string) {
  const { record, records, resource, h, currentAdmin } = context
  const options = { count: records?.length ?? 1 }
  return {
    ...(record && { record: record.toJSON(currentAdmin) }),
    ...(records && { records: records.map((each) => each.toJSON(currentAdmin)) }),
    redirectUrl: h.resourceUrl({ resourceId: resource.id() }),
    notice: { message, type: 'success' as const, options, resourceId: resource.id() },
  }
}
