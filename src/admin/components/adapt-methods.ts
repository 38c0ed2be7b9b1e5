// AdminJS fetches a form by GET from the action that writes, and starts some writes by GET.
// Our API has neither.
import { ApiClient } from 'adminjs'

/** Actions with a page of their own. */
const ASKED = ['edit', 'invite', 'giveBackupToken', 'endSessions', 'resetSecondFactor']

/** The page of a record is filled by `show`: these only ever write. */
const recordAction = ApiClient.prototype.recordAction
ApiClient.prototype.recordAction = function call(options) {
  const reads = ASKED.includes(options.actionName) && options.data === undefined
  return recordAction.call(this, reads ? { ...options, actionName: 'show' } : options)
}

const bulkAction = ApiClient.prototype.bulkAction
ApiClient.prototype.bulkAction = function call(options) {
  return bulkAction.call(this, { ...options, method: 'POST' })
}
