import { z } from 'zod'
import { MAX_TOKEN_LENGTH } from '../../otp/kind-registry/kind.js'

/** Base64url without padding. Some password managers add the padding that the standard omits. */
const base64url = z
  .string()
  .transform((text) => text.replace(/={1,2}$/, ''))
  .pipe(z.string().regex(/^[\w-]+$/))

/** A credential id of at most 1023 bytes. */
const credentialId = base64url.pipe(z.string().max(1364))

/** Characters of the shortest authenticator data: 37 bytes (WebAuthn §6.1). */
const AUTHENTICATOR_DATA_LENGTH = 50

/** Can be missing, null or empty; all three mean that there is none (WebAuthn §7.2 step 6). */
const userHandle = z
  .union([z.literal(''), base64url])
  .nullish()
  .transform((handle) => handle || undefined)

/** WebAuthn §5.8.3. */
const credential = { id: credentialId, rawId: credentialId, type: z.literal('public-key') }

const transport = z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])

/** The result of `navigator.credentials.get` as JSON (WebAuthn §5.1, AuthenticationResponseJSON). Other fields are dropped. */
const authenticationResponse = z.object({
  ...credential,
  response: z
    .object({
      clientDataJSON: base64url,
      authenticatorData: base64url.pipe(z.string().min(AUTHENTICATOR_DATA_LENGTH)),
      signature: base64url,
      userHandle,
    })
    .transform(({ userHandle: handle, ...response }) => ({
      ...response,
      ...(handle !== undefined && { userHandle: handle }),
    })),
  // The site uses no extension whose result matters here.
  clientExtensionResults: z
    .unknown()
    .optional()
    .transform(() => ({})),
})

/** The result of `navigator.credentials.create` as JSON (WebAuthn §5.1, RegistrationResponseJSON). */
const registrationResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    // Unknown transports of later versions of the standard are dropped (WebAuthn §5.8.4).
    transports: z
      .array(z.unknown())
      .catch([])
      .transform((values) => values.flatMap((value) => transport.safeParse(value).data ?? [])),
  }),
  clientExtensionResults: z.object({ credProps: z.object({ rk: z.boolean() }).exactOptional() }).catch({}),
})

export type AssertionResponse = z.output<typeof authenticationResponse>
export type RegistrationResponse = z.output<typeof registrationResponse>

/** Whether a posted token came from a key, even if it cannot be parsed. People never type one, so it was not mistyped. */
export function isFromKey(text: string): boolean {
  return text.trimStart().startsWith('{')
}

/** Parses an assertion: a key's response to a challenge. @returns null if the text is not one */
export function parseAssertion(text: string): AssertionResponse | null {
  return parse(text, authenticationResponse)
}

/** Parses a registration: a key's response about a new credential. @returns null if the text is not one */
export function parseRegistration(text: string): RegistrationResponse | null {
  return parse(text, registrationResponse)
}

// The site's pages are never embedded in another site, so cross-origin responses are rejected (WebAuthn §13.4.9).
const clientData = z.object({ challenge: z.string().max(128), crossOrigin: z.literal(false).nullish() })

/** Reads the challenge from a response's client data. @returns null if there is none, or the response was made in another site's frame */
export function readChallenge({ response }: AssertionResponse | RegistrationResponse): string | null {
  const json = Buffer.from(response.clientDataJSON, 'base64url').toString()
  return parse(json, clientData)?.challenge ?? null
}

function parse<Value>(text: string, schema: z.ZodType<Value>): Value | null {
  if (text.length > MAX_TOKEN_LENGTH || !text.startsWith('{')) return null
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
