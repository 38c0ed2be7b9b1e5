import type { Mail } from '../mails.js'

/** Every task, with what it is given. */
export interface TaskPayloads {
  'send-mail': Mail
}

export type TaskName = keyof TaskPayloads
