// @ts-check
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

// Yubico's validation protocol 2.0:
// https://developers.yubico.com/OTP/Specifications/OTP_validation_protocol.html

/**
 * @typedef {object} ValidationServers
 * @property {readonly string[]} urls for example `https://api.yubico.com/wsapi/2.0/verify`
 * @property {string} clientId
 * @property {string} apiKey in base64: signs requests and answers
 * @property {number} [syncLevel] percent of the servers that must know of the OTP before it is OK
 */

/**
 * What the servers come to: the OTP is good, and where the key's counter stands; it is not;
 * or nobody gave an answer that counts.
 *
 * @typedef {{ status: 'OK', counter: number, timestamp: number } | { status: 'refused' } | { status: 'unanswered' }} ServerAnswer
 */

/**
 * Asks all servers at once. The first that says yes or no is heard, and the others are left alone.
 *
 * @param {ValidationServers} servers
 * @param {string} otp
 * @param {AbortSignal} signal ends the waiting
 * @returns {Promise<ServerAnswer>}
 */
export async function askServers(servers, otp, signal) {
  const decided = new AbortController()
  const waiting = AbortSignal.any([signal, decided.signal])
  const answers = servers.urls.map((url) => askServer(servers, url, otp, waiting))
  try {
    return await Promise.any(answers)
  } catch {
    return { status: 'unanswered' }
  } finally {
    decided.abort()
  }
}

/**
 * @param {ValidationServers} servers
 * @param {string} url
 * @param {string} otp
 * @param {AbortSignal} signal
 * @returns {Promise<ServerAnswer>} rejects where this server has nothing to say
 */
async function askServer({ clientId, apiKey, syncLevel = 50 }, url, otp, signal) {
  const nonce = randomBytes(16).toString('hex')
  const request = signed({ id: clientId, nonce, otp, sl: String(syncLevel), timestamp: '1' }, apiKey)
  const response = await fetch(`${url}?${new URLSearchParams(request).toString()}`, { signal, redirect: 'error' })
  const answer = readAnswer(await response.text(), apiKey)
  if (!answer || answer['otp'] !== otp || answer['nonce'] !== nonce)
    throw new Error('The answer is to another request.')
  return judgeAnswer(answer)
}

/**
 * REPLAYED_REQUEST says that another server has told this one already; whatever else is no
 * answer about the OTP either.
 *
 * @param {Record<string, string>} answer
 * @returns {ServerAnswer}
 */
function judgeAnswer({ status, sessioncounter, sessionuse, timestamp }) {
  if (status === 'REPLAYED_OTP' || status === 'BAD_OTP') return { status: 'refused' }
  const [plugged, touched] = [Number(sessioncounter), Number(sessionuse)]
  if (status !== 'OK' || !Number.isInteger(plugged) || !Number.isInteger(touched)) throw new Error(`Status ${status}`)
  return { status, counter: plugged * 256 + touched, timestamp: Number(timestamp) || 0 }
}

/**
 * The fields of an answer whose signature is right.
 *
 * @param {string} text lines of `name=value`
 * @param {string} apiKey
 * @returns {Record<string, string> | null}
 */
export function readAnswer(text, apiKey) {
  const lines = text.split(/\r?\n/).filter((line) => line.includes('='))
  const fields = lines.map((line) => /** @type {const} */ ([before(line), line.slice(line.indexOf('=') + 1).trim()]))
  const { h = '', ...answer } = Object.fromEntries(fields)
  if (new Set(fields.map(([name]) => name)).size < fields.length) return null
  const [given, right] = [Buffer.from(h, 'base64'), Buffer.from(sign(answer, apiKey), 'base64')]
  return given.length === right.length && timingSafeEqual(given, right) ? answer : null
}

/** @param {string} line */
const before = (line) => line.slice(0, line.indexOf('=')).trim()

/**
 * @param {Record<string, string>} fields
 * @param {string} apiKey
 */
function signed(fields, apiKey) {
  return { ...fields, h: sign(fields, apiKey) }
}

/**
 * HMAC-SHA-1 over all fields by the order of their names, as `a=1&b=2`.
 *
 * @param {Record<string, string>} fields
 * @param {string} apiKey in base64
 */
export function sign(fields, apiKey) {
  const names = Object.keys(fields).toSorted()
  const line = names.map((name) => `${name}=${fields[name]}`).join('&')
  return createHmac('sha1', Buffer.from(apiKey, 'base64')).update(line).digest('base64')
}
