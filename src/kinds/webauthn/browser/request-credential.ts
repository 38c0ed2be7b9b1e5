import { startAuthentication, startRegistration } from '@simplewebauthn/browser'
import { ServerRejection } from './classify-error.js'

/**
 * Fetches the options and calls the user's key: for a new credential if the form's `data-key` is
 * `create`, otherwise for an assertion.
 *
 * @returns the key's response as JSON, or `reload` if the server requires another step first, such as a sign-in
 */
export async function requestCredential(form: HTMLFormElement): Promise<string> {
  const response = await fetch(form.dataset['options'] ?? '', { method: 'POST', redirect: 'manual' })
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  if (!isJson) return 'reload'
  if (!response.ok) throw new ServerRejection(await response.json())
  const optionsJSON = await response.json()
  const credential =
    form.dataset['key'] === 'create'
      ? await startRegistration({ optionsJSON })
      : await startAuthentication({ optionsJSON })
  return JSON.stringify(credential)
}
