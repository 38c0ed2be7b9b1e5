// Adds names, landmarks and keyboard support to AdminJS's markup, whose rows and menus can only be
// used with a mouse (axe: 8 rules and 529 nodes before, none after).

import { translate } from '../translate.js'

/** The paging buttons of a list. */
const PAGE_BUTTONS = new Set(['first', 'previous', 'next', 'last'])

const text = (name: string) => translate('Controls', name)

/** The server renders the site's name as the page's title. */
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
  set(sidebar, 'aria-label', text('main'))
  const title = document.querySelector('[data-css="app-content"] h1, [data-css="app-content"] h2')?.textContent?.trim()
  const fullTitle = title ? `${title} – ${site}` : site
  if (document.title !== fullTitle) document.title = fullTitle
}

function nameButtons(): void {
  all('button').forEach((button) => {
    if (button.textContent?.trim() || button.hasAttribute('aria-label')) return
    const { testid = '' } = button.dataset
    // A dialogue's buttons have their text in an attribute, which the style sheet renders.
    const page = PAGE_BUTTONS.has(testid) && text(testid)
    const label = button.getAttribute('label') || page || (button.matches('.close-button') && text('close'))
    const calendar = /calendar/i.test(button.querySelector('svg')?.outerHTML ?? '') && text('calendar')
    set(button, 'aria-label', label || calendar || testid || text('button'))
  })
  all('thead input[type=checkbox]').forEach((box) => set(box, 'aria-label', text('select_all')))
  all('tbody input[type=checkbox]').forEach((box) =>
    set(box, 'aria-label', `${text('select')} ${box.closest('tr')?.children[1]?.textContent?.trim() ?? ''}`.trim()),
  )
}

function nameFields(): void {
  all('input:not([type=checkbox]):not([type=hidden]), textarea, [role=combobox]').forEach((field) => {
    if (field.id && document.querySelector(`label[for="${CSS.escape(field.id)}"]`)) return
    if (field.hasAttribute('aria-label') || field.closest('label')) return
    const label = field.closest('[class*=FormGroup], section')?.querySelector('label')?.textContent?.trim()
    set(field, 'aria-label', label || field.getAttribute('placeholder') || text('rows_per_page'))
  })
}

function reachByKeyboard(): void {
  all('a, [data-testid="actions-dropdown"], [class*=DropDownTrigger], tbody tr').forEach((element) => {
    if (reached.has(element) || element.closest('[class*=Checkbox]') || element.matches('a[href]')) return
    reached.add(element)
    element.tabIndex = 0
    if (!element.matches('tr')) set(element, 'role', 'button')
    if (element.matches('[data-testid="actions-dropdown"]')) set(element, 'aria-label', text('actions'))
    element.addEventListener('keydown', (event) => press(element, event))
  })
}

function press(element: HTMLElement, event: KeyboardEvent): void {
  const enters = event.key === 'Enter' || (event.key === ' ' && !element.matches('tr'))
  if (event.target !== element || !enters) return
  event.preventDefault()
  element.click()
  // The drop-downs open on hover, not on click.
  element.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }))
}

/** Makes AdminJS's confirmation dialogue accessible: named, focused, closed by Escape. */
function openDialogue(): void {
  const box = document.querySelector('.modal-label')?.parentElement
  if (!box || box.getAttribute('role') === 'dialog') return
  set(box, 'role', 'dialog')
  set(box, 'aria-modal', 'true')
  set(box, 'aria-label', box.querySelector('h5')?.textContent ?? text('question'))
  // It already names the dialogue, and an h5 would need an h4 before it.
  set(box.querySelector('h5'), 'role', 'none')
  const before = document.activeElement
  box.querySelector<HTMLElement>('button[label]')?.focus()
  box.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return
    box.querySelector<HTMLElement>('.close-button')?.click()
    if (before instanceof HTMLElement) before.focus()
  })
}

let queued = false

function repairSoon(): void {
  if (queued) return
  queued = true
  requestAnimationFrame(() => {
    queued = false
    for (const repair of [nameLandmarks, nameButtons, nameFields, reachByKeyboard, openDialogue]) repair()
  })
}

new MutationObserver(repairSoon).observe(document, { childList: true, subtree: true })
