import { startAuthentication, startRegistration } from '@simplewebauthn/browser'
import { ServerRejection } from './classify-error.js'

/**
 * Fetches what to ask, and asks the person's key: for a new credential where the form's
 * `data-key` is `create`, else for an answer.
 *
 * @returns its answer as JSON, or `reload` where the server wants something else first, such as a sign-in
 */
export async function requestCredential(form: HTMLFormElement): Promise<string> {
  const response = await fetch(form.dataset['options'] ?? '', { method: 'POST', redirect: 'manual' })
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  if (!isJson) return 'reload'
  if (!response.ok) throw new ServerRejection(await response.json())
  const optionsJSON = await response.json()
  const answer =
    form.dataset['key'] === 'create'
      ? await startRegistration({ optionsJSON })
      : await startAuthentication({ optionsJSON })
  return JSON.stringify(answer)
}
