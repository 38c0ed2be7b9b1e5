import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { AccessHelp, Obstacle } from '../../src/auth/obstacles.js'
import type { Database } from '../../src/db/connect.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { appCode } from '../support/authenticator.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { giveDevice, SECRET, type StateOfDevice } from '../support/device-states.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { callAction, showRecord } from './panel-site.js'
import { deviceModels } from '../support/device-models.js'

const login = '/account/login'
const setup = '/account/two-factor/setup'

interface Case {
  devices: [kind: string, state: StateOfDevice][]
  staff?: boolean
  active?: boolean
  /** False: invited, and the password is not chosen yet. */
  password?: boolean
  locked?: boolean
  /** No backup token is left. */
  usedUp?: boolean
  /** What the user's group accepts. */
  accepts?: string[]
}

const cases: Record<string, Case> = {
  nothing: { devices: [] },
  'an active app': { devices: [['totp', 'active']] },
  'a locked account': { devices: [['totp', 'active']], locked: true },
  'an app that an administrator disabled': { devices: [['totp', 'administrator']] },
  'a locked account and a disabled app': { devices: [['totp', 'administrator']], locked: true },
  'an app that failures disabled': { devices: [['totp', 'failures']] },
  'an app whose setup is not finished': { devices: [['totp', 'unconfirmed']] },
  'backup tokens that are used up': { devices: [['static', 'active']], usedUp: true },
  'a disabled app and a disabled set of backup tokens': {
    devices: [
      ['totp', 'administrator'],
      ['static', 'administrator'],
    ],
  },
  'a key that has no address here': { devices: [['webauthn', 'active']] },
  'a disabled mailbox where email is not used': { devices: [['email', 'administrator']] },
  'no password': { devices: [], password: false },
  'no password and a disabled app': { devices: [['totp', 'administrator']], password: false },
  'a deactivated account': { devices: [['totp', 'administrator']], active: false },
  'a group that accepts keys alone, which this address has not': {
    devices: [['totp', 'administrator']],
    accepts: ['webauthn'],
  },
  'no staff rights and nothing': { devices: [], staff: false },
  'no staff rights and an active app': { devices: [['totp', 'active']], staff: false },
  'no staff rights and a disabled app': { devices: [['totp', 'administrator']], staff: false },
}

const policies = ['off', 'staff', 'everyone', 'strict']
const sites = policies.flatMap((policy) => ['self', 'invite'].map((enrolment) => ({ policy, enrolment })))

const helped = z.object({ given: z.object({ secret: z.string().nullable(), obstacles: z.array(z.string()) }) })
const enabled = z.object({ obstacles: z.array(z.string()) })
const shown = z.object({
  record: z.object({ params: z.object({ obstacles: z.record(z.string(), z.array(z.string())) }) }),
})

let database: Database
beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.close())

describe.each(sites)('with OTP_POLICY=$policy and OTP_ENROLMENT=$enrolment', ({ policy, enrolment }) => {
  let site: TestSite
  let boss: HttpBrowser
  beforeAll(async () => {
    site = await startTestSite(database, { OTP_POLICY: policy, OTP_ENROLMENT: enrolment })
    boss = await signIn(site, await createTestUser(site, { superuser: true }))
  })
  afterAll(() => site.close())

  describe.each(Object.entries(cases))('someone with %s', (_what, one) => {
    const ways: AccessHelp[] = ['unlock', 'invite', 'giveBackupToken', 'resetSecondFactor']
    if (one.devices.some(([, state]) => state === 'administrator')) ways.push('enable')

    it.each(ways)('gets in after %s, or the administrator learns why not', async (help) => {
      const { person, deviceId } = await prepare(site, one)
      const before = await obstaclesShown(boss, person, help)
      const { secret, obstacles } = await helpBy(boss, person, help, deviceId)
      const hasDevices = help === 'unlock' || help === 'enable'
      expect({ before, obstacles, isIn: await getsIn(site, person, { secret, hasDevices }) }).toEqual({
        // For a disabled device the page says why its owner cannot sign in while it is disabled.
        before: help === 'enable' ? before : obstacles,
        obstacles,
        isIn: obstacles.length === 0,
      })
    })
  })
})

async function prepare(site: TestSite, one: Case): Promise<{ person: TestUser; deviceId: number }> {
  const { devices, staff = true, active = true, password = true, locked, usedUp, accepts } = one
  const person = await createTestUser(site, { app: false, staff, active })
  const ids: number[] = []
  for (const [kind, state] of devices) ids.push(await giveDevice(site.otp, person.id, kind, state))
  const { pool } = site.database
  if (!password) await pool.query('update users set password_hash = null where id = $1', [person.id])
  if (usedUp) await pool.query('delete from static_tokens where device_id = any($1)', [ids])
  if (locked) {
    const values = [person.id, site.clock.now()]
    await pool.query('update users set token_failed_at = array_fill($2::timestamptz, array[10]) where id = $1', values)
    await pool.query('update totp_devices set failure_count = 9, failed_at = $2 where user_id = $1', values)
  }
  if (accepts) {
    const { Group, UserGroup } = site.database.models
    const group = await Group.create({ name: `Group ${person.id}`, permissions: ['users.view'], kinds: accepts })
    await UserGroup.create({ user_id: person.id, group_id: group.id })
  }
  return { person, deviceId: ids[0] ?? 0 }
}

async function obstaclesShown(boss: HttpBrowser, person: TestUser, help: AccessHelp): Promise<string[]> {
  const page = shown.parse(JSON.parse((await showRecord(boss, 'users', person.id)).text))
  return page.record.params.obstacles[help] ?? ['nothing is said']
}

async function helpBy(boss: HttpBrowser, person: TestUser, help: AccessHelp, deviceId: number) {
  if (help === 'enable') {
    const { rows } = await database.pool.query<{ table: string }>(
      `select 'totp_devices' as table from totp_devices where id = $1 and user_id = $2
      union all select 'email_devices' from email_devices where id = $1 and user_id = $2`,
      [deviceId, person.id],
    )
    const answer = await callAction(boss, rows[0]?.table ?? '', deviceId, 'edit', { confirmed: 'true' })
    return { secret: null, obstacles: enabled.parse(JSON.parse(answer.text)).obstacles }
  }
  const answer = await callAction(boss, 'users', person.id, help, help === 'invite' ? { deliver: 'page' } : {})
  if (answer.status === 403) return { secret: null, obstacles: ['deactivated' satisfies Obstacle] }
  return helped.parse(JSON.parse(answer.text)).given
}

/** What the user has: the password, what the administrator issued, and the devices unless they are lost. */
interface Has {
  secret: string | null
  hasDevices: boolean
}

async function getsIn(site: TestSite, person: TestUser, has: Has): Promise<boolean> {
  const browser = site.browser()
  const { secret } = has
  const link = secret?.startsWith('http') ? new URL(secret).pathname : null
  const first = link
    ? await browser.post(link, { password: person.password })
    : await browser.post(login, { username: person.email, password: person.password })
  if (first.status !== 303) return false
  await enterCode(site, browser, person, has)
  const page = await browser.get(await startPage(site, person))
  if (page.location?.startsWith(setup) || first.location?.startsWith(setup)) await enrol(site, browser)
  return (await browser.get(await startPage(site, person))).status === 200
}

async function startPage({ database: { models } }: TestSite, person: TestUser): Promise<string> {
  const user = await models.User.findByPk(person.id, { rejectOnEmpty: true })
  return user.is_staff ? '/admin' : '/account/two-factor'
}

async function enterCode(
  site: TestSite,
  browser: HttpBrowser,
  person: TestUser,
  { secret, hasDevices }: Has,
): Promise<void> {
  const { StaticDevice, TotpDevice } = deviceModels(site.database)
  const where = { user_id: person.id, confirmed: true }
  if (secret && !secret.startsWith('http')) {
    const set = await StaticDevice.findOne({ where, rejectOnEmpty: true })
    await browser.post(login, { otp_device: `static/${set.id}`, otp_token: secret })
  }
  const app = hasDevices ? await TotpDevice.findOne({ where }) : null
  const code = generateHotp(SECRET, timeStep(site.clock.now(), 30, 0), 6)
  if (app) await browser.post(login, { otp_device: `totp/${app.id}`, otp_token: code })
}

async function enrol(site: TestSite, browser: HttpBrowser): Promise<void> {
  await browser.post(setup, { method: 'totp' })
  const secret = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec((await browser.get(setup)).text)?.[1] ?? ''
  if (secret) await browser.post(setup, { otp_token: appCode(secret, site.clock.now()) })
}
