// Changes the HTTP methods of AdminJS's client. It loads a form by GET from the action that
// writes, and starts some writes by GET. The panel's API allows neither.
import { ApiClient } from 'adminjs'
import { findHostResource } from '../find-host-resource.js'

/** The site's actions that have their own page. */
const ASKED = ['edit', 'unlock', 'invite', 'giveBackupToken', 'endSessions', 'resetSecondFactor']
const READS = ['list', 'search', 'show']

interface Call {
  resourceId: string
  actionName: string
}

/** Checks whether an action writes as soon as it is called, because it has no page. */
function writesAtOnce({ resourceId, actionName }: Call): boolean {
  const action = findHostResource(resourceId)?.actions.find(({ name }) => name === actionName)
  return action?.component === false && !READS.includes(actionName)
}

/** Sends a call by POST if its action writes at once; otherwise the method stays as it is. */
function withMethod<Options extends Call>(options: Options): Options {
  return writesAtOnce(options) ? { ...options, method: 'POST' } : options
}

/** Loads a record of the site with `show`, because the other actions only write. */
const recordAction = ApiClient.prototype.recordAction
ApiClient.prototype.recordAction = function call(options) {
  const reads =
    ASKED.includes(options.actionName) && options.data === undefined && !findHostResource(options.resourceId)
  const recordId = encodeURIComponent(options.recordId)
  return recordAction.call(this, { ...(reads ? { ...options, actionName: 'show' } : withMethod(options)), recordId })
}

const resourceAction = ApiClient.prototype.resourceAction
ApiClient.prototype.resourceAction = function call(options) {
  return resourceAction.call(this, withMethod(options))
}

const bulkAction = ApiClient.prototype.bulkAction
ApiClient.prototype.bulkAction = function call(options) {
  if (!findHostResource(options.resourceId)) return bulkAction.call(this, { ...options, method: 'POST' })
  const { recordIds = [], ...call } = withMethod(options)
  // The rows are sent in the body, because a URL can be too short for them. Loading a form only reads.
  const reads = call.data === undefined && call.method !== 'POST'
  const data = call.data instanceof FormData ? call.data : new FormData()
  data.set('recordIds', JSON.stringify(recordIds.map(String)))
  return bulkAction.call(this, {
    ...call,
    ...(reads && { headers: { 'X-Panel-Form': '1' } }),
    recordIds: [],
    method: 'POST',
    data,
  })
}
