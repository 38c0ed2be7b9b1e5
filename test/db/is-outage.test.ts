import { describe, expect, it } from 'vitest'
import { isOutage } from '../../src/db/is-outage.js'

const coded = (code: string) => Object.assign(new Error('x'), { code })

describe('an error of the database', () => {
  it.each([
    '08006',
    '53300',
    '57P01',
    '57P03',
    '57014',
    '55P03',
    '25P03',
    '25006',
    'ECONNRESET',
    'ECONNREFUSED',
    'ECONNABORTED',
    'ENOTCONN',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'EHOSTDOWN',
    'ENETUNREACH',
    'ENETDOWN',
    'ENETRESET',
    'EADDRNOTAVAIL',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EAI_FAIL',
    'EAI_NODATA',
    'database_silent',
    'host_users_silent',
    'host_code_silent',
  ])('is an outage with code %s, also inside another error', (code) => {
    expect(isOutage(coded(code))).toBe(true)
    expect(isOutage(new Error('y', { cause: coded(code) }))).toBe(true)
    expect(isOutage(Object.assign(new Error('z'), { original: coded(code) }))).toBe(true)
  })

  it.each(['Connection terminated unexpectedly', 'timeout exceeded when trying to connect', 'timeout expired'])(
    'is an outage if pg says “%s”',
    (message) => {
      expect(isOutage(new Error(message))).toBe(true)
    },
  )

  it.each(['23505', '42P01', '40001', 'EACCES', ''])('is a bug with code “%s”', (code) => {
    expect(isOutage(coded(code))).toBe(false)
  })

  it('is a bug if the error is its own cause or cannot be read', () => {
    const loop = new Error('loop')
    loop.cause = loop
    const silent = new Proxy(new Error('silent'), {
      get: () => {
        throw new TypeError('cannot be read')
      },
    })
    expect([loop, silent].map((error) => isOutage(error))).toEqual([false, false])
  })
})
