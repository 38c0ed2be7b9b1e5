'use strict'

// Every page loads this. Pages work without it: a form that is sent twice ends like one that is
// sent once, whatever the browser does. This only spares people the second request.
;(() => {
  /** Milliseconds until a form can be sent again if no other page arrives: the person pressed Stop. */
  const STUCK = 15_000

  /** The forms that were sent, each with the buttons that are disabled for it. */
  const sent = new Map()

  document.addEventListener('submit', (event) => {
    const form = event.target
    // A form may have a field that is named like one of its properties, such as `method`.
    if (event.defaultPrevented || form.getAttribute('method') !== 'post') return
    if (sent.has(form)) return event.preventDefault()
    sent.set(form, [])
    // Later, because a disabled button does not send its own name and value.
    setTimeout(() => disable(form))
    setTimeout(() => enable(form), STUCK)
  })

  // The page comes back as it was left if the person goes back to it.
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) for (const form of sent.keys()) enable(form)
  })

  function disable(form) {
    if (!sent.has(form)) return
    const buttons = [...document.querySelectorAll('button:enabled')].filter((button) => button.form === form)
    sent.set(form, buttons)
    for (const button of buttons) button.disabled = true
  }

  function enable(form) {
    for (const button of sent.get(form) ?? []) button.disabled = false
    sent.delete(form)
  }
})()
