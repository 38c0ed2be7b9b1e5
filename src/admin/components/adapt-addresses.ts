// Keys of an application's records are any text. AdminJS puts them into addresses as they are.
import { ViewHelpers } from 'adminjs'

const recordActionUrl = ViewHelpers.prototype.recordActionUrl
ViewHelpers.prototype.recordActionUrl = function build(options) {
  return recordActionUrl.call(this, { ...options, recordId: encodeURIComponent(options.recordId) })
}
