// Encodes record IDs in URLs. A host's IDs can be any text, and AdminJS does not encode them.
import { ViewHelpers } from 'adminjs'

const recordActionUrl = ViewHelpers.prototype.recordActionUrl
ViewHelpers.prototype.recordActionUrl = function build(options) {
  // AdminJS builds the router's pattern with this function as well.
  if (options.recordId === ':recordId') return recordActionUrl.call(this, options)
  return recordActionUrl.call(this, { ...options, recordId: encodeURIComponent(options.recordId) })
}
