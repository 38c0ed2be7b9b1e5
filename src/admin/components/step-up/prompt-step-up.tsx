import React from 'react'
import { createRoot } from 'react-dom/client'
import { StepUpDialog } from './StepUpDialog.js'
import { fetchDevices, type StepUpDevice } from './step-up-api.js'

export type StepUpResult = 'confirmed' | 'cancelled' | 'signed_out'

/** The open prompt. Calls that are rejected at the same time wait for the same token. */
let openPrompt: Promise<StepUpResult> | null = null

/**
 * Prompts the user for a token in a dialogue over the page.
 *
 * @param url the URL that verifies tokens, from the rejection
 * @param why key of the text that explains why a token is required
 */
export function promptStepUp(url: string, why: 'why' | 'why_host'): Promise<StepUpResult> {
  openPrompt ??= prompt(url, why).finally(() => {
    openPrompt = null
  })
  return openPrompt
}

async function prompt(url: string, why: 'why' | 'why_host'): Promise<StepUpResult> {
  const result = await fetchDevices(url)
  if (result.ok) return show(url, why, result.done)
  return 'signedOut' in result ? 'signed_out' : 'cancelled'
}

function show(url: string, why: 'why' | 'why_host', devices: readonly StepUpDevice[]): Promise<StepUpResult> {
  const before = document.activeElement
  const container = document.body.appendChild(document.createElement('div'))
  const root = createRoot(container)
  return new Promise((resolve) => {
    const close = (result: StepUpResult) => {
      root.unmount()
      container.remove()
      if (before instanceof HTMLElement) before.focus()
      resolve(result)
    }
    root.render(<StepUpDialog url={url} why={why} devices={devices} onClose={close} />)
  })
}
