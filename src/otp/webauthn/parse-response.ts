import { z } from 'zod'

/** Characters of a form field that holds a response: about twice the largest that keys are known to give. */
export const RESPONSE_LENGTH = 8192

const base64url = z.string().regex(/^[\w-]+$/)

/** A credential id has at most 1023 bytes (WebAuthn §5.8.3). */
const credential = { id: base64url.max(1364), rawId: base64url.max(1364), type: z.literal('public-key') }

/** What `navigator.credentials.get` gives, as JSON (WebAuthn §5.1, AuthenticationResponseJSON). What a browser adds is dropped. */
const authenticationResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.exactOptional(),
  }),
  clientExtensionResults: z.object({}).default({}),
})

/** What `navigator.credentials.create` gives (WebAuthn §5.1, RegistrationResponseJSON). */
const registrationResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.array(z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])).catch([]),
  }),
  clientExtensionResults: z.object({ credProps: z.object({ rk: z.boolean() }).exactOptional() }).catch({}),
})

export type KeyAnswer = z.output<typeof authenticationResponse>
export type NewKey = z.output<typeof registrationResponse>

/** A key's answer to a challenge, or null where the text is none. */
export function parseAnswer(text: string): KeyAnswer | null {
  return parse(text, authenticationResponse)
}

/** What a key says of the credential that it has made, or null where the text is nothing of the kind. */
export function parseNewKey(text: string): NewKey | null {
  return parse(text, registrationResponse)
}

// No page of ours stands in a frame of another site (WebAuthn §13.4.9).
const clientData = z.object({ challenge: z.string().max(128), crossOrigin: z.literal(false).optional() })

/** The challenge that a response was made for, as the browser wrote it down; null where it wrote none, or was in a foreign frame. */
export function challengeIn({ response }: KeyAnswer | NewKey): string | null {
  const json = Buffer.from(response.clientDataJSON, 'base64url').toString()
  return parse(json, clientData)?.challenge ?? null
}

function parse<Value>(text: string, schema: z.ZodType<Value>): Value | null {
  if (text.length > RESPONSE_LENGTH || !text.startsWith('{')) return null
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
