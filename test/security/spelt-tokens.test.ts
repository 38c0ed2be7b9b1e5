import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'
import { openSite } from './open-site.js'

const digitsFrom = (zero: number) => (code: string) =>
  code.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)))
const inTheMiddle = (what: string) => (code: string) => code.slice(0, 3) + what + code.slice(3)

/** How people, keyboards and programs write a token. Some forms are accepted, some are not. */
const spellings: readonly (readonly [string, (code: string) => string])[] = [
  ['as it is', (code) => code],
  ['with a space', inTheMiddle(' ')],
  ['with a no-break space', inTheMiddle('\u00a0')],
  ['with a tab', inTheMiddle('\t')],
  ['with a hyphen', inTheMiddle('-')],
  ['with an en dash', inTheMiddle('\u2013')],
  ['with a soft hyphen', inTheMiddle('\u00ad')],
  ['with a full stop', inTheMiddle('.')],
  ['with spaces around it', (code) => `  ${code} `],
  ['with a line break', (code) => `${code}\r\n`],
  ['with each character apart', (code) => code.split('').join(' ')],
  ['without its hyphens', (code) => code.replaceAll('-', '')],
  ['in small letters', (code) => code.toLowerCase()],
  ['in full-width digits', digitsFrom(0xff10)],
  ['in Arabic digits', digitsFrom(0x660)],
  ['in mathematical digits', digitsFrom(0x1d7ce)],
  ['with a zero-width space', (code) => `${code}\u200b`],
  ['with a byte order mark', (code) => `\ufeff${code}`],
  ['with a mark of direction', (code) => `\u200f${code}`],
  ['with a NUL', (code) => `${code}\0`],
  ['in quotes', (code) => `"${code}"`],
  ['with a zero in front', (code) => `0${code}`],
]

const login = '/account/login'
const passwordOf = ({ email, password }: TestUser) => ({ username: email, password })

/** Where a token is entered: what has to be done before, and what is submitted with it. */
const paths: readonly (readonly [string, (site: TestSite, browser: HttpBrowser, person: TestUser) => Promise<Path>])[] =
  [
    [
      'the token step',
      async (_site, browser, person) => {
        await browser.post(login, passwordOf(person))
        return { address: login, form: {}, names: true }
      },
    ],
    ['one form with the password', async (_site, _browser, person) => ({ ...oneForm(person), names: true })],
    ['one form, for any device', async (_site, _browser, person) => ({ ...oneForm(person), names: false })],
    ['a step-up', async (site, browser, person) => ({ ...(await stale(site, browser, person)), names: true })],
    [
      'a step-up for any device',
      async (site, browser, person) => ({ ...(await stale(site, browser, person)), names: false }),
    ],
  ]

interface Path {
  address: string
  form: Record<string, string>
  /** Whether the form names the device. */
  names: boolean
}

const oneForm = (person: TestUser) => ({ address: login, form: passwordOf(person) })

async function stale(site: TestSite, browser: HttpBrowser, person: TestUser) {
  await signIn(site, person, browser)
  site.clock.advance(400)
  return { address: '/account/verify', form: {} }
}

describe('a wrong token', () => {
  let site: TestSite
  beforeAll(async () => {
    site = await openSite({ OTP_POLICY: 'off' })
  })
  afterAll(() => site.close())

  const tokens = {
    app: (person: TestUser) => person.code(),
    backup: (person: TestUser) => person.backupTokens[0] ?? '',
  }
  /** Another token of the same form. In a backup token a 1 would be read as the letter that it looks like. */
  const other = (token: string) => {
    const [one, two] = /^\d{6}$/.test(token) ? ['1', '2'] : ['A', 'B']
    return (token.toUpperCase().startsWith(one ?? '') ? two : one) + token.slice(1)
  }

  async function give(kind: keyof typeof tokens, path: (typeof paths)[number][1], spell: (token: string) => string) {
    const person = await createTestUser(site, { backupTokens: 1 })
    const browser = site.browser()
    const { address, form, names } = await path(site, browser, person)
    // The code of this moment could be used already.
    site.clock.advance(30)
    const device = person[kind]?.persistentId ?? ''
    const token = { otp_token: spell(tokens[kind](person)), ...(names && { otp_device: device }) }
    const answer = await browser.post(address, { ...form, ...token })
    const { rows } = await site.database.pool.query<{ failures: number }>(
      `select failure_count as failures from ${device.split('/')[0]}_devices where user_id = $1`,
      [person.id],
    )
    return { isAccepted: answer.status === 303, isCounted: (rows[0]?.failures ?? 0) > 0 }
  }

  describe.each(paths)('in %s', (_path, path) => {
    it.each(spellings)('is counted in every spelling that would have been accepted: %s', async (spelling, spell) => {
      for (const kind of ['app', 'backup'] as const) {
        const right = await give(kind, path, spell)
        const wrong = await give(kind, path, (token) => spell(other(token)))
        expect([kind, wrong.isAccepted]).toEqual([kind, false])
        // Without an accepted spelling the table would test nothing.
        const [mustCount, mustPass] = [right.isAccepted, spelling === 'as it is']
        expect([kind, wrong.isCounted || !mustCount]).toEqual([kind, true])
        expect([kind, right.isAccepted || !mustPass]).toEqual([kind, true])
      }
    })
  })
})
