import { type KeyError, ServerRejection } from './classify-error.js'

/** Says it in the form's first line, in place of what was said before. Its texts stand in the page, in the page's language. */
export function showAlert(form: HTMLFormElement, error: KeyError): void {
  for (const alert of document.querySelectorAll('[role=alert]')) alert.remove()
  const alert = document.createElement('p')
  alert.className = 'alert'
  alert.setAttribute('role', 'alert')
  alert.dataset['code'] = error instanceof ServerRejection ? error.answer.error.code : `key_${error}`
  form.prepend(alert)
  // Filled after it is in the page, so that screen readers notice.
  alert.textContent = error instanceof ServerRejection ? error.message : textOf(form, error)
}

/** Says why the form cannot be used here at all. */
export function showHint(form: HTMLFormElement, name: string): void {
  const hint = document.createElement('p')
  hint.className = 'hint'
  hint.textContent = textOf(form, name)
  form.prepend(hint)
}

function textOf(form: HTMLFormElement, name: string): string {
  return form.querySelector<HTMLTemplateElement>(`template[data-fault=${name}]`)?.content.textContent ?? ''
}
