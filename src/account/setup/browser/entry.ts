// The script of pages with a custom kind whose tokens the browser creates. A form with `data-kind`
// loads the kind's own script when it is submitted: `create` fills in the setup form, and `answer`
// answers the challenge that the server sends.
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-kind]')) prepare(form)

function prepare(form: HTMLFormElement): void {
  for (const element of form.querySelectorAll<HTMLElement>('[data-without-script]')) element.hidden = true
  for (const element of form.querySelectorAll<HTMLElement>('[data-with-script]')) element.hidden = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void submit(form)
  })
}

async function submit(form: HTMLFormElement): Promise<void> {
  setBusy(form, true)
  try {
    const outcome = form.dataset['kind'] === 'create' ? await create(form) : await answer(form)
    if (outcome === 'reload') return location.reload()
    if (outcome === 'filled') return form.submit()
    showAlert(form, outcome)
  } catch {
    showAlert(form, 'failed')
  }
  setBusy(form, false)
}

/** `none`: this browser is none of the devices. `reload`: the server requires another step first, such as a sign-in. */
type Outcome = 'filled' | 'none' | 'reload' | 'failed'

async function create(form: HTMLFormElement): Promise<Outcome> {
  const { create: createFields } = await loadScript(form)
  for (const [name, value] of Object.entries(await createFields())) setField(form, name, value)
  return 'filled'
}

async function answer(form: HTMLFormElement): Promise<Outcome> {
  const script = await loadScript(form)
  const response = await fetch(form.dataset['challenge'] ?? '', { method: 'POST', redirect: 'manual' })
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  if (!isJson) return 'reload'
  if (!response.ok) return 'failed'
  const request: Challenge = await response.json()
  const answered = await script.answer(request)
  if (!answered) return 'none'
  setField(form, 'otp_token', `${answered.device}.${request.challenge}.${answered.answer}`)
  setField(form, 'otp_device', answered.device)
  return 'filled'
}

/** What the server sends for an answer. */
interface Challenge {
  /** Random bytes in base64url. */
  challenge: string
  devices: { id: string }[]
}

/** The exports of a kind's script. */
interface KindScript {
  /** Returns the fields of the setup form. */
  create(): Promise<Record<string, string>>
  /** Answers a challenge. @returns null if this browser is none of the devices */
  answer(request: Challenge): Promise<{ device: string; answer: string } | null>
}

async function loadScript(form: HTMLFormElement): Promise<KindScript> {
  const script: KindScript = await import(form.dataset['script'] ?? '')
  return script
}

function setField(form: HTMLFormElement, name: string, value: string): void {
  const field = form.elements.namedItem(name)
  if (field instanceof HTMLInputElement) field.value = value
}

/** Shows an error as the form's first line, in place of earlier alerts. The page contains the texts in its language. */
function showAlert(form: HTMLFormElement, name: string): void {
  for (const alert of document.querySelectorAll('[role=alert]')) alert.remove()
  const alert = document.createElement('p')
  alert.className = 'alert'
  alert.setAttribute('role', 'alert')
  alert.dataset['code'] = `browser_${name}`
  form.prepend(alert)
  // Filled after it was added to the page, so that screen readers announce it.
  alert.textContent = form.querySelector<HTMLTemplateElement>(`template[data-fault=${name}]`)?.content.textContent ?? ''
}

function setBusy(form: HTMLFormElement, busy: boolean): void {
  for (const button of form.querySelectorAll('button')) {
    button.disabled = busy
    button.setAttribute('aria-busy', String(busy))
  }
}
