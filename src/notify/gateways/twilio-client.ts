import twilio from 'twilio'
import type RequestClient from 'twilio/lib/base/RequestClient.js'
import type { Voice } from './sms-gateway.js'

/** Bytes. Twilio's responses have two or three thousand. */
const LARGEST_ANSWER = 256 * 1024
/** Seconds between two digits, so that the user can write them down. */
const PAUSE = 1

interface TwilioOptions {
  accountSid: string
  authToken: string
  baseUrl: string | null
  /** Milliseconds that one request can take as a whole. */
  longest: number
}

/** The parts of Twilio's library that the gateway uses. The library is loaded with this file. */
export interface TwilioApi {
  client: twilio.Twilio
  /** Returns TwiML that speaks these texts one after the other. */
  speak(voice: Voice, says: readonly string[]): string
}

export function openTwilio({ accountSid, authToken, baseUrl, longest }: TwilioOptions): TwilioApi {
  const httpClient = new BoundedRequestClient(baseUrl, longest)
  return { client: new twilio.Twilio(accountSid, authToken, { httpClient }), speak }
}

/**
 * Twilio's request client with limits on the total time, even if the server sends a byte now
 * and then, and on the size of the response. With a base URL, requests go there instead.
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

/** Moves a URL's path and query to another base URL. */
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
