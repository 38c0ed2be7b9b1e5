import { type FormRejection, rejectForm } from '../../http/forms/reject-form.js'

/** The result of a submitted step: the path to continue at, or a form with the reason of its rejection. */
export type StepResult = { ok: true; location: string } | RejectedStep

/** A rejected step, and which form is shown again. */
export type RejectedStep = { ok: false; step: 'password' | 'token' } & FormRejection

type Step = RejectedStep['step']

/** Rejects a step. The rejection is an error code, or that of the submitted token. */
export function rejectStep(step: Step, rejection: string | FormRejection): RejectedStep {
  return { ok: false, step, ...(typeof rejection === 'string' ? rejectForm(rejection) : rejection) }
}

export function rejectThrottled(step: Step, retryAfter: number): RejectedStep {
  return { ok: false, step, ...rejectForm('n_failed_attempts', retryAfter) }
}
