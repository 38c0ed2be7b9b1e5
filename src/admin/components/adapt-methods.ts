// AdminJS fetches a form by GET from the action that writes, and starts some writes by GET.
// Our API has neither.
import { ApiClient } from 'adminjs'

/** The form of a record is filled by `show`: `edit` only ever writes. */
const recordAction = ApiClient.prototype.recordAction
ApiClient.prototype.recordAction = function call(options) {
  const reads = options.actionName === 'edit' && options.data === undefined
  return recordAction.call(this, reads ? { ...options, actionName: 'show' } : options)
}

const bulkAction = ApiClient.prototype.bulkAction
ApiClient.prototype.bulkAction = function call(options) {
  return bulkAction.call(this, { ...options, method: 'POST' })
}
