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

/** The server's response. `signedOut`: the session has ended. */
export type ApiResult<Done> = { ok: true; done: Done } | { ok: false; why: string } | { ok: false; signedOut: true }

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

/** Requests a code from a device. */
export function requestCode(url: string, deviceId: string): Promise<ApiResult<null>> {
  return call(url, { otp_device: deviceId, otp_challenge: 'send' }, () => null)
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
  const headers = { Accept: 'application/json' }
  const response = await fetch(url, form ? { method: 'POST', headers, body: new URLSearchParams(form) } : { headers })
  const body: ResponseBody = await response.json()
  if (response.ok) return { ok: true, done: read(body) }
  const { code = '', message = '' } = body.error ?? {}
  return SIGN_IN.includes(code) ? { ok: false, signedOut: true } : { ok: false, why: message }
}

const SIGN_IN = ['not_authenticated', 'not_verified']
