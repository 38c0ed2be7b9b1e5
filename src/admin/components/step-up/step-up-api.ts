import { startAuthentication } from '@simplewebauthn/browser'

/** A device that can be used, as `/account/verify` lists it. */
export interface StepUpDevice {
  /** For example `totp/3`. */
  id: string
  name: string
  /** Whether it sends a code first. */
  interactive: boolean
  isBackup: boolean
  /** How its token is entered. */
  input: 'digits' | 'text' | 'browser_key' | 'browser_script'
}

/** The server's response. `signedOut`: the session has ended. `noResponse`: the request may have been processed. */
export type ApiResult<Done> =
  | { ok: true; done: Done }
  | { ok: false; why: string }
  | { ok: false; signedOut: true }
  | { ok: false; noResponse: true }

/**
 * Loads the devices that can be used.
 *
 * @param url contains the accepted kinds
 */
export function fetchDevices(url: string): Promise<ApiResult<StepUpDevice[]>> {
  return call(`${url}${url.includes('?') ? '&' : '?'}inputs=1`, null, ({ devices = [] }) => devices)
}

/** Submits a token, or the assertion of a security key. */
export function postToken(url: string, deviceId: string, token: string): Promise<ApiResult<null>> {
  return call(url, { otp_device: deviceId, otp_token: token }, () => null)
}

/**
 * Requests a code from a device.
 *
 * @param formId from `createFormId`; the same one twice sends one code, and gets the first response again
 */
export function requestCode(url: string, deviceId: string, formId: string): Promise<ApiResult<null>> {
  return call(url, { otp_device: deviceId, otp_challenge: 'send', form_id: formId }, () => null)
}

/** Creates the ID that distinguishes one request for a code from the next: 128 bits in base64url. */
export function createFormId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/**
 * Requests an assertion from the user's security key.
 *
 * @returns the assertion as a token; null if the user cancelled or the key failed
 */
export async function getAssertion(): Promise<string | null> {
  const response = await fetch('/account/login/security-key', { method: 'POST' })
  if (!response.ok) return null
  const optionsJSON = await response.json()
  return startAuthentication({ optionsJSON }).then(JSON.stringify, () => null)
}

interface ResponseBody {
  devices?: StepUpDevice[]
  error?: { code: string; message: string }
}

/** @param form the fields to post; null sends a GET request */
async function call<Done>(
  url: string,
  form: Record<string, string> | null,
  read: (body: ResponseBody) => Done,
): Promise<ApiResult<Done>> {
  const response = await send(url, form)
  if (!response) return { ok: false, noResponse: true }
  const { isOk, body } = response
  if (isOk) return { ok: true, done: read(body) }
  const { code = '', message = '' } = body.error ?? {}
  return SIGN_IN.includes(code) ? { ok: false, signedOut: true } : { ok: false, why: message }
}

/** @returns null if no response arrived, or one that is not the site's */
async function send(
  url: string,
  form: Record<string, string> | null,
): Promise<{ isOk: boolean; body: ResponseBody } | null> {
  const headers = { Accept: 'application/json' }
  try {
    const response = await fetch(url, form ? { method: 'POST', headers, body: new URLSearchParams(form) } : { headers })
    return { isOk: response.ok, body: await response.json() }
  } catch {
    return null
  }
}

const SIGN_IN = ['not_authenticated', 'not_verified']
