import { type KeyError, ServerRejection } from './classify-error.js'

/** Shows an error as the form's first line, in place of earlier alerts. The page contains the texts in its language. */
export function showAlert(form: HTMLFormElement, error: KeyError): void {
  for (const alert of document.querySelectorAll('[role=alert]')) alert.remove()
  const alert = document.createElement('p')
  alert.className = 'alert'
  alert.setAttribute('role', 'alert')
  alert.dataset['code'] = error instanceof ServerRejection ? error.response.error.code : `key_${error}`
  form.prepend(alert)
  // Filled after it was added to the page, so that screen readers announce it.
  alert.textContent = error instanceof ServerRejection ? error.message : readText(form, error)
}

/** Shows why the form cannot be used in this browser or at this URL. */
export function showHint(form: HTMLFormElement, name: string): void {
  const hint = document.createElement('p')
  hint.className = 'hint'
  hint.textContent = readText(form, name)
  form.prepend(hint)
}

function readText(form: HTMLFormElement, name: string): string {
  return form.querySelector<HTMLTemplateElement>(`template[data-fault=${name}]`)?.content.textContent ?? ''
}
