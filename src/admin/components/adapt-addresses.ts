// Keys of an application's records are any text. AdminJS puts them into addresses as they are.
import { ViewHelpers } from 'adminjs'

const recordActionUrl = ViewHelpers.prototype.recordActionUrl
ViewHelpers.prototype.recordActionUrl = function build(options) {
  // The router's own pattern is made by it, too.
  if (options.recordId === ':recordId') return recordActionUrl.call(this, options)
  return recordActionUrl.call(this, { ...options, recordId: encodeURIComponent(options.recordId) })
}
