// AdminJS fetches a form by GET from the action that writes, and starts some writes by GET.
// Our API has neither.
import { ApiClient } from 'adminjs'
import { hostResource } from './host-resource.js'

/** Actions of ours with a page of their own. */
const ASKED = ['edit', 'unlock', 'invite', 'giveBackupToken', 'endSessions', 'resetSecondFactor']
const READS = ['list', 'search', 'show']

interface Call {
  resourceId: string
  actionName: string
}

/** An action without a page does its work when it is called. */
function writesAtOnce({ resourceId, actionName }: Call): boolean {
  const action = hostResource(resourceId)?.actions.find(({ name }) => name === actionName)
  return action?.component === false && !READS.includes(actionName)
}

/** What the page that calls says stands, but for this. */
function withMethod<Options extends Call>(options: Options): Options {
  return writesAtOnce(options) ? { ...options, method: 'POST' } : options
}

/** The page of a record of ours is filled by `show`: these only ever write. */
const recordAction = ApiClient.prototype.recordAction
ApiClient.prototype.recordAction = function call(options) {
  const reads = ASKED.includes(options.actionName) && options.data === undefined && !hostResource(options.resourceId)
  const recordId = encodeURIComponent(options.recordId)
  return recordAction.call(this, { ...(reads ? { ...options, actionName: 'show' } : withMethod(options)), recordId })
}

const resourceAction = ApiClient.prototype.resourceAction
ApiClient.prototype.resourceAction = function call(options) {
  return resourceAction.call(this, withMethod(options))
}

const bulkAction = ApiClient.prototype.bulkAction
ApiClient.prototype.bulkAction = function call(options) {
  if (!hostResource(options.resourceId)) return bulkAction.call(this, { ...options, method: 'POST' })
  const { recordIds = [], ...call } = withMethod(options)
  // The rows go in the body, whatever their number and their keys. A form is only read.
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
