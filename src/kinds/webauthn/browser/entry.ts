import { browserSupportsWebAuthn, startAuthentication, startRegistration } from '@simplewebauthn/browser'
import { classifyError, ServerRejection } from './classify-error.js'
import { showAlert, showHint } from './show-alert.js'

// The only script of the account pages. Submitting a form with `data-key` requests options from the
// server and a response from the security key, and posts that response in the form's hidden field.
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-key]')) prepare(form)

function prepare(form: HTMLFormElement): void {
  for (const element of form.querySelectorAll<HTMLElement>('[data-without-script]')) element.hidden = true
  if (!isWithinDomain(form.dataset['rp'] ?? '')) return showHint(form, 'wrong_address')
  if (!browserSupportsWebAuthn()) return showHint(form, 'unsupported')
  for (const element of form.querySelectorAll<HTMLElement>('[data-with-script]')) element.hidden = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void submit(form)
  })
}

/** Keys respond to one domain and its subdomains (WebAuthn §5.1.3). */
function isWithinDomain(domain: string): boolean {
  return location.hostname === domain || location.hostname.endsWith(`.${domain}`)
}

async function submit(form: HTMLFormElement): Promise<void> {
  setBusy(form, true)
  try {
    const credential = await requestCredential(form)
    const field = form.querySelector<HTMLInputElement>('input[data-answer]')
    if (credential === 'reload') return location.reload()
    if (field) field.value = credential
    form.submit()
  } catch (error) {
    setBusy(form, false)
    showAlert(form, classifyError(error))
  }
}

/**
 * Fetches the options and calls the user's key: for a new credential if the form's `data-key` is
 * `create`, otherwise for an assertion.
 *
 * @returns the key's response as JSON, or `reload` if the server requires another step first, such as a sign-in
 */
async function requestCredential(form: HTMLFormElement): Promise<string> {
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

function setBusy(form: HTMLFormElement, busy: boolean): void {
  for (const button of form.querySelectorAll('button')) {
    button.disabled = busy
    button.setAttribute('aria-busy', String(busy))
  }
}
