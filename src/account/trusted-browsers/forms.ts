import { z } from 'zod'
import { field } from '../../http/read-form.js'

/** `browser` names a row of the person's own. */
export const endForm = z.object({ browser: field(10) })

/** Whether to trust this browser, and where to go on. */
export const trustForm = z.object({ trust_browser: field(8), next: field(2000) })
