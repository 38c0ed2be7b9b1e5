/** A device that may be asked, as `/account/verify` lists it. */
export interface StepUpDevice {
  /** For example `totp/3`. */
  id: string
  kind: string
  name: string
  /** It sends a code first. */
  interactive: boolean
}

interface Fault {
  code: string
  message: string
}

/** What the server said. `ended`: nobody is signed in any more. */
export type Said<Done> = ({ ok: true } & Done) | { ok: false; why: string } | { ok: false; ended: true }

/** Which devices would do. @param url with the kinds that are wanted */
export function readDevices(url: string): Promise<Said<{ devices: StepUpDevice[] }>> {
  return ask(url)
}

/** Gives a token, or the answer of a security key. */
export function giveToken(url: string, deviceId: string, token: string): Promise<Said<object>> {
  return ask(url, { otp_device: deviceId, otp_token: token })
}

/** Makes a device send its code. */
export function sendCode(url: string, deviceId: string): Promise<Said<object>> {
  return ask(url, { otp_device: deviceId, otp_challenge: 'send' })
}

async function ask<Done extends object>(url: string, form?: Record<string, string>): Promise<Said<Done>> {
  const headers = { Accept: 'application/json' }
  const response = await fetch(url, form ? { method: 'POST', headers, body: new URLSearchParams(form) } : { headers })
  const answer: Partial<Done> & { error?: Fault } = await response.json()
  if (response.ok) return { ok: true, ...(answer as Done) }
  const { code = '', message = '' } = answer.error ?? {}
  return SIGN_IN.includes(code) ? { ok: false, ended: true } : { ok: false, why: message }
}

const SIGN_IN = ['not_authenticated', 'not_verified']
