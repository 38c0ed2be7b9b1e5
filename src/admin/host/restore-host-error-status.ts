import { textOf } from '../host-error.js'
import { restoreStatus } from '../http/restore-error-status.js'
import { PanelError } from '../panel-error.js'

/** AdminJS's response to an impossible key. It is not about permissions. */
const NO_KEY = 'You have to pass a valid recordId to the recordAction'

/**
 * Gives AdminJS's rejections for a missing permission or record their status, and keeps the
 * host's own text if there is one. The host's other responses are unchanged.
 */
export const restoreHostErrorStatus = restoreStatus(({ code, message }) => {
  if (code === null) return null
  return message === NO_KEY ? new PanelError('not_found') : new PanelError(code, textOf(message))
})
