import twilio from 'twilio'
import type RequestClient from 'twilio/lib/base/RequestClient.js'
import type { Voice } from './sms-gateway.js'

/** Bytes; Twilio's answers have two or three thousand. */
const LARGEST_ANSWER = 256 * 1024
/** Seconds between two digits, so that they can be written down. */
const PAUSE = 1

interface TwilioOptions {
  accountSid: string
  authToken: string
  baseUrl: string | null
  /** Milliseconds that one request may take as a whole. */
  longest: number
}

/** What we use of Twilio's own library, which is loaded with this file. */
export interface TwilioApi {
  client: twilio.Twilio
  /** TwiML that says these texts one after the other. */
  speak(voice: Voice, says: readonly string[]): string
}

export function openTwilio({ accountSid, authToken, baseUrl, longest }: TwilioOptions): TwilioApi {
  const httpClient = new BoundedRequestClient(baseUrl, longest)
  return { client: new twilio.Twilio(accountSid, authToken, { httpClient }), speak }
}

/**
 * Twilio's own request client with an end: of time, also where the other side sends a byte
 * now and then, and of size. With a base address it asks there instead.
 */
class BoundedRequestClient extends twilio.RequestClient {
  readonly #baseUrl: string | null

  constructor(baseUrl: string | null, longest: number) {
    super({ timeout: longest })
    this.#baseUrl = baseUrl
    this.axios.interceptors.request.use((config) => {
      config.signal = AbortSignal.timeout(longest)
      config.maxContentLength = LARGEST_ANSWER
      return config
    })
  }

  override request<Data>(options: RequestClient.RequestOptions<Data>) {
    const uri = this.#baseUrl === null ? options.uri : redirect(options.uri, this.#baseUrl)
    return super.request<Data>({ ...options, uri })
  }
}

/** The same path and query at another origin, below its path where it has one. */
function redirect(uri: string, baseUrl: string): string {
  const { pathname, search } = new URL(uri)
  return baseUrl.replace(/\/+$/, '') + pathname + search
}

function speak(voice: Voice, says: readonly string[]): string {
  const response = new twilio.twiml.VoiceResponse()
  for (const text of says) {
    response.say({ language: voice }, text)
    response.pause({ length: PAUSE })
  }
  return response.toString()
}
