import React from 'react'
import { createRoot } from 'react-dom/client'
import { StepUpDialog } from './StepUpDialog.js'
import { fetchDevices, type StepUpDevice } from './step-up-api.js'

export type StepUpResult = 'given' | 'cancelled' | 'ended'

/** The open prompt. Calls that are rejected at the same time wait for the same token. */
let asking: Promise<StepUpResult> | null = null

/**
 * Prompts the user for a token in a dialogue over the page.
 *
 * @param url the URL that verifies tokens, from the rejection
 * @param why key of the text that explains why a token is required
 */
export function promptStepUp(url: string, why: 'why' | 'why_host'): Promise<StepUpResult> {
  asking ??= ask(url, why).finally(() => {
    asking = null
  })
  return asking
}

async function ask(url: string, why: 'why' | 'why_host'): Promise<StepUpResult> {
  const answer = await fetchDevices(url)
  if (answer.ok) return show(url, why, answer.done)
  return 'ended' in answer ? 'ended' : 'cancelled'
}

function show(url: string, why: 'why' | 'why_host', devices: readonly StepUpDevice[]): Promise<StepUpResult> {
  const before = document.activeElement
  const place = document.body.appendChild(document.createElement('div'))
  const root = createRoot(place)
  return new Promise((resolve) => {
    const end = (outcome: StepUpResult) => {
      root.unmount()
      place.remove()
      if (before instanceof HTMLElement) before.focus()
      resolve(outcome)
    }
    root.render(<StepUpDialog url={url} why={why} devices={devices} onEnd={end} />)
  })
}
