// @ts-check
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

// Yubico's validation protocol 2.0:
// https://developers.yubico.com/OTP/Specifications/OTP_validation_protocol.html

/**
 * @typedef {object} ValidationServers
 * @property {readonly string[]} urls for example `https://api.yubico.com/wsapi/2.0/verify`
 * @property {string} clientId
 * @property {string} apiKey Base64, signs requests and responses
 * @property {number} [syncLevel] percentage of the servers that must have synced before the OTP is accepted
 */

/**
 * The result of all servers: the OTP is valid (with the key's counter), it is rejected, or no
 * server returned a valid response.
 *
 * @typedef {{ status: 'OK', counter: number, timestamp: number } | { status: 'rejected' } | { status: 'unavailable' }} ServerResult
 */

/**
 * Queries all servers at once. The first one that accepts or rejects the OTP decides, and the
 * other requests are aborted.
 *
 * @param {ValidationServers} servers
 * @param {string} otp
 * @param {AbortSignal} signal ends the wait
 * @returns {Promise<ServerResult>}
 */
export async function queryServers(servers, otp, signal) {
  const decided = new AbortController()
  const waiting = AbortSignal.any([signal, decided.signal])
  const results = servers.urls.map((url) => queryServer(servers, url, otp, waiting))
  try {
    return await Promise.any(results)
  } catch {
    return { status: 'unavailable' }
  } finally {
    decided.abort()
  }
}

/**
 * @param {ValidationServers} servers
 * @param {string} url
 * @param {string} otp
 * @param {AbortSignal} signal
 * @returns {Promise<ServerResult>} rejects if this server does not decide
 */
async function queryServer({ clientId, apiKey, syncLevel = 50 }, url, otp, signal) {
  const nonce = randomBytes(16).toString('hex')
  const request = signed({ id: clientId, nonce, otp, sl: String(syncLevel), timestamp: '1' }, apiKey)
  const response = await fetch(`${url}?${new URLSearchParams(request).toString()}`, { signal, redirect: 'error' })
  const fields = readResponse(await response.text(), apiKey)
  if (!fields || fields['otp'] !== otp || fields['nonce'] !== nonce)
    throw new Error('The response belongs to another request.')
  return toResult(fields)
}

/**
 * Reads the result. REPLAYED_REQUEST means that another server has already told this one. It says
 * nothing about the OTP, and neither does any other status.
 *
 * @param {Record<string, string>} fields
 * @returns {ServerResult}
 */
function toResult({ status, sessioncounter, sessionuse, timestamp }) {
  if (status === 'REPLAYED_OTP' || status === 'BAD_OTP') return { status: 'rejected' }
  const [plugged, touched] = [Number(sessioncounter), Number(sessionuse)]
  if (status !== 'OK' || !Number.isInteger(plugged) || !Number.isInteger(touched)) throw new Error(`Status ${status}`)
  return { status, counter: plugged * 256 + touched, timestamp: Number(timestamp) || 0 }
}

/**
 * Reads the fields of a response. Returns null if its signature is invalid or a field occurs twice.
 *
 * @param {string} text lines of `name=value`
 * @param {string} apiKey
 * @returns {Record<string, string> | null}
 */
export function readResponse(text, apiKey) {
  const lines = text.split(/\r?\n/).filter((line) => line.includes('='))
  const fields = lines.map((line) => /** @type {const} */ ([before(line), line.slice(line.indexOf('=') + 1).trim()]))
  const { h = '', ...others } = Object.fromEntries(fields)
  if (new Set(fields.map(([name]) => name)).size < fields.length) return null
  const [received, expected] = [Buffer.from(h, 'base64'), Buffer.from(sign(others, apiKey), 'base64')]
  return received.length === expected.length && timingSafeEqual(received, expected) ? others : null
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
 * Computes the HMAC-SHA-1 over all fields, sorted by name, as `a=1&b=2`.
 *
 * @param {Record<string, string>} fields
 * @param {string} apiKey Base64
 */
export function sign(fields, apiKey) {
  const names = Object.keys(fields).toSorted()
  const line = names.map((name) => `${name}=${fields[name]}`).join('&')
  return createHmac('sha1', Buffer.from(apiKey, 'base64')).update(line).digest('base64')
}
