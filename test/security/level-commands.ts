import fc from 'fast-check'
import { base32nopad } from '@scure/base'
import { expect } from 'vitest'
import { generateHotp } from '../../src/otp/tokens/oath.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import type { TestUser, TestSite } from '../support/site.js'
import { type Level, type LevelModel, RANKS } from './level-model.js'

/** The site, one user, and two of that user's browsers. */
export interface Real {
  site: TestSite
  person: TestUser
  browsers: [HttpBrowser, HttpBrowser]
  /** The secrets of the apps, by persistent ID. */
  secrets: Map<string, Uint8Array>
  password: string
  /** What was reached, over all runs: every command and every level must be tried. */
  seen: Map<string, number>
}

type Which = 0 | 1
type Work = (model: LevelModel, real: Real) => Promise<void>

const setup = '/account/two-factor/setup'
const profile = '/account/two-factor'

function command(name: string, work: Work): fc.AsyncCommand<LevelModel, Real> {
  return {
    check: () => true,
    toString: () => name,
    async run(model, real) {
      await work(model, real)
      await compare(model, real)
    },
  }
}

/** No session shows more than the model allows. */
async function compare(model: LevelModel, real: Real): Promise<void> {
  for (const which of [0, 1] as const) {
    const level = levelOf(await real.browsers[which].get('/admin/api/dashboard'))
    count(real, `level ${level}`)
    expect(RANKS.indexOf(level), `session ${which} is ${level}`).toBeLessThanOrEqual(RANKS.indexOf(model.level(which)))
    const isFresh = (await real.browsers[which].get(`${profile}/backup-tokens`)).status === 200
    if (isFresh) count(real, 'fresh')
    expect(isFresh && !model.isFresh(which), `session ${which} is fresh`).toBe(false)
  }
}

/** Whether the site treats this session as verified, which the model must not rule out. */
async function isVerified({ browsers }: Real, which: Which): Promise<boolean> {
  return levelOf(await browsers[which].get('/admin/api/dashboard')) === 'verified'
}

function levelOf({ status, code }: HttpResponse): Level {
  if (status === 200) return 'verified'
  return code === 'not_verified' ? 'authenticated' : 'anonymous'
}

/** Records what the site did, and that it was allowed. */
function settle(real: Real, name: string, done: boolean, allowed: boolean): boolean {
  if (done) count(real, name)
  expect(done && !allowed, `${name} was done and should not have been`).toBe(false)
  return done
}

const count = ({ seen }: Real, what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)

/** An app and its current code; the first of several if the index is too high. */
function pick(real: Real, index: number) {
  const apps = [...real.secrets]
  const [device = 'totp/999999', secret = Buffer.alloc(20)] = apps[index % Math.max(1, apps.length)] ?? []
  const step = Math.floor(real.site.clock.now().getTime() / 30_000)
  return { device, step, form: { otp_device: device, otp_token: generateHotp(secret, step, 6) } }
}

const signsIn = (which: Which) =>
  command(`password(${which})`, async (model, real) => {
    // A user who is verified already stays verified: the form was another tab's.
    const isIn = await isVerified(real, which)
    const form = { username: real.person.email, password: real.password }
    const answer = await real.browsers[which].post('/account/login', form)
    if (settle(real, 'password', answer.status === 303, true) && !isIn) model.password(which)
  })

/** Waits for the app's next code; without it the last one is used again. */
function awaitCode(model: LevelModel, { site }: Real, isNew: boolean): void {
  if (!isNew) return
  site.clock.advance(30)
  model.now += 30
}

const givesToken = (which: Which, index: number, isNew: boolean) =>
  command(`token(${which}, app ${index}, ${isNew ? 'new' : 'the same'})`, async (model, real) => {
    awaitCode(model, real, isNew)
    const { device, step, form } = pick(real, index)
    // A verified session is redirected from the form of another tab; its token is not verified.
    const isIn = await isVerified(real, which)
    const answer = await real.browsers[which].post('/account/login', form)
    const allowed = model.mayGive(which, device, step)
    if (settle(real, 'token', answer.status === 303 && !isIn, allowed)) model.signIn(which, device, step)
  })

const mistypes = (which: Which, index: number) =>
  command(`wrong token(${which}, app ${index})`, async (_model, real) => {
    const form = { ...pick(real, index).form, otp_token: '00000x' }
    const isIn = await isVerified(real, which)
    const answer = await real.browsers[which].post('/account/login', form)
    settle(real, 'wrong token', answer.status === 303 && !isIn, false)
  })

const stepsUp = (which: Which, index: number, isNew: boolean) =>
  command(`step up(${which}, app ${index}, ${isNew ? 'new' : 'the same'})`, async (model, real) => {
    awaitCode(model, real, isNew)
    const { device, step, form } = pick(real, index)
    const answer = await real.browsers[which].post('/account/verify', form)
    const done = answer.status === 303 && !answer.location?.startsWith('/account/login')
    if (settle(real, 'step-up', done, model.mayStepUp(which, device, step))) model.give(which, device, step)
  })

const adds = (which: Which) =>
  command(`add(${which})`, async (model, real) => {
    const browser = real.browsers[which]
    await browser.post(setup, { method: 'totp' })
    const page = await browser.get(setup)
    const shown = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(page.text)?.[1]
    const secret = shown ? base32nopad.decode(shown.replaceAll(' ', '')) : Buffer.alloc(20)
    const step = Math.floor(real.site.clock.now().getTime() / 30_000)
    const answer = await browser.post(setup, { otp_token: generateHotp(secret, step, 6) })
    const done = answer.status === 303 && answer.location?.startsWith(`${setup}/complete`) === true
    if (!settle(real, 'add', done, model.isFresh(which))) return
    const added = (await devicesOf(real)).filter((device) => !model.devices.has(device))
    for (const device of added) model.devices.add(device)
    const app = added.find((device) => device.startsWith('totp/')) ?? ''
    real.secrets.set(app, secret)
    model.give(which, app, step)
  })

const removes = (which: Which, index: number) =>
  command(`remove(${which}, app ${index})`, async (model, real) => {
    const { device } = pick(real, index)
    await real.browsers[which].post(`${profile}/devices/${device}/remove`)
    const done = model.devices.has(device) && !(await devicesOf(real)).includes(device)
    if (!settle(real, 'remove', done, model.isFresh(which))) return
    real.secrets.delete(device)
    model.remove(device, real.secrets.size === 0)
  })

const disables = (which: Which) =>
  command(`disable(${which})`, async (model, real) => {
    const had = model.devices.size > 0
    const answer = await real.browsers[which].post(`${profile}/disable`, { confirm: 'on' })
    const done = answer.status === 303 && had && (await devicesOf(real)).length === 0
    if (!settle(real, 'disable', done, model.isFresh(which))) return
    real.secrets.clear()
    model.devices.clear()
    model.raiseEpoch(which, false)
  })

const changesPassword = (which: Which) =>
  command(`change password(${which})`, async (model, real) => {
    const wanted = `quite another word ${real.site.clock.now().getTime()} ${which}`
    const form = { password: real.password, new_password: wanted }
    const answer = await real.browsers[which].post('/account/password/change', form)
    const done = answer.status === 303 && answer.location?.includes('password_changed') === true
    if (!settle(real, 'password change', done, model.isFresh(which))) return
    real.password = wanted
    model.raiseEpoch(which, true)
  })

const signsOut = (which: Which) =>
  command(`sign out(${which})`, async (model, real) => {
    await real.browsers[which].post('/account/logout')
    model.signOut(which)
  })

const waits = (seconds: number) =>
  command(`wait(${seconds} s)`, async (model, { site }) => {
    site.clock.advance(seconds)
    model.now += seconds
  })

/** Both steps, one after the other: random choice would rarely do that. */
const enters = (which: Which, index: number) => {
  const [first, second] = [signsIn(which), givesToken(which, index, true)]
  return {
    check: () => true,
    toString: () => `${first.toString()} ${second.toString()}`,
    async run(model: LevelModel, real: Real) {
      await first.run(model, real)
      await second.run(model, real)
    },
  }
}

async function devicesOf({ site, person }: Real): Promise<string[]> {
  const { rows } = await site.database.pool.query<{ device: string }>(
    `select 'totp/' || id as device from totp_devices where user_id = $1 and confirmed
    union all select 'static/' || id from static_devices where user_id = $1 and confirmed`,
    [person.id],
  )
  return rows.map(({ device }) => device)
}

const which = fc.constantFrom<Which>(0, 1)
const app = fc.nat({ max: 2 })

/** Frequent commands are listed several times: a user who is never signed in reaches nothing else. */
export const commands = [
  which.map(signsIn),
  fc.tuple(which, app).map(([one, index]) => enters(one, index)),
  fc.tuple(which, app).map(([one, index]) => enters(one, index)),
  fc.tuple(which, app, fc.boolean()).map(([one, index, isNew]) => givesToken(one, index, isNew)),
  fc.tuple(which, app, fc.boolean()).map(([one, index, isNew]) => givesToken(one, index, isNew)),
  fc.tuple(which, app).map(([one, index]) => mistypes(one, index)),
  fc.tuple(which, app, fc.boolean()).map(([one, index, isNew]) => stepsUp(one, index, isNew)),
  fc.tuple(which, app, fc.boolean()).map(([one, index, isNew]) => stepsUp(one, index, isNew)),
  which.map(adds),
  which.map(adds),
  fc.tuple(which, app).map(([one, index]) => removes(one, index)),
  which.map(disables),
  which.map(changesPassword),
  which.map(signsOut),
  fc.constantFrom(30, 120, 301, 601, 2 * 3600, 25 * 3600).map(waits),
]
