import { z } from 'zod'
import { MAX_TOKEN_LENGTH } from '../../otp/kind-registry/kind.js'

/** Some password managers pad what the standard leaves unpadded. */
const base64url = z
  .string()
  .transform((text) => text.replace(/={1,2}$/, ''))
  .pipe(z.string().regex(/^[\w-]+$/))

/** A credential id of at most 1023 bytes. */
const credentialId = base64url.pipe(z.string().max(1364))

/** Shorter there is no authenticator data (WebAuthn §6.1: 37 bytes). */
const AUTHENTICATOR_DATA_LENGTH = 50

/** Optional members may be missing, null or empty: all of it means that there is none (WebAuthn §7.2 step 6). */
const userHandle = z
  .union([z.literal(''), base64url])
  .nullish()
  .transform((handle) => handle || undefined)

/** WebAuthn §5.8.3. */
const credential = { id: credentialId, rawId: credentialId, type: z.literal('public-key') }

const transport = z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])

/** What `navigator.credentials.get` gives, as JSON (WebAuthn §5.1, AuthenticationResponseJSON). What a browser adds is dropped. */
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
  // The site asks for no extension whose result it would need.
  clientExtensionResults: z
    .unknown()
    .optional()
    .transform(() => ({})),
})

/** What `navigator.credentials.create` gives (WebAuthn §5.1, RegistrationResponseJSON). */
const registrationResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    // What a later version of the standard adds is dropped, and the rest is kept (§5.8.4).
    transports: z
      .array(z.unknown())
      .catch([])
      .transform((all) => all.flatMap((one) => transport.safeParse(one).data ?? [])),
  }),
  clientExtensionResults: z.object({ credProps: z.object({ rk: z.boolean() }).exactOptional() }).catch({}),
})

export type AssertionResponse = z.output<typeof authenticationResponse>
export type RegistrationResponse = z.output<typeof registrationResponse>

/** Whether a posted token came from a key, readable or not. Nobody types one, so it was not mistyped. */
export function isFromKey(text: string): boolean {
  return text.trimStart().startsWith('{')
}

/** A key's answer to a challenge, or null where the text is none. */
export function parseAssertion(text: string): AssertionResponse | null {
  return parse(text, authenticationResponse)
}

/** What a key says of the credential that it has made, or null where the text is nothing of the kind. */
export function parseRegistration(text: string): RegistrationResponse | null {
  return parse(text, registrationResponse)
}

// No page of ours stands in a frame of another site (WebAuthn §13.4.9).
const clientData = z.object({ challenge: z.string().max(128), crossOrigin: z.literal(false).nullish() })

/** The challenge that a response was made for, as the browser wrote it down; null where it wrote none, or was in a foreign frame. */
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
