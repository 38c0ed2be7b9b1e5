import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AfterEvents, OtpEvents } from '../../src/otp/events.js'
import { callAction, type PanelSite, usePanelSite } from '../admin/panel-site.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'
import { deviceModels } from '../support/device-models.js'

const site = usePanelSite()
const inside = [
  'userVerified',
  'backupTokenUsed',
  'verificationFailed',
  'userLocked',
  'deviceAdded',
  'deviceRemoved',
  'deviceSwitchedOff',
  'deviceEnabled',
] as const
const after = ['signedIn', 'signedOut'] as const

interface EmittedEvent {
  name: keyof OtpEvents | keyof AfterEvents
  userId: number
  by?: unknown
  actorId?: unknown
  hasTransaction: boolean
}

const emitted: EmittedEvent[] = []

beforeAll(() => {
  for (const name of [...inside, ...after])
    site().otp.events.on(name, (event) => {
      const { userId, ...rest } = event
      const doer = 'by' in rest ? { by: rest.by, actorId: rest.actorId } : {}
      emitted.push({ name, userId, hasTransaction: 'transaction' in rest, ...doer })
    })
})

let person: TestUser

beforeEach(async () => {
  person = await site().person({ backupTokens: 2 })
  emitted.length = 0
})

const names = () => emitted.filter(({ userId }) => userId === person.id).map(({ name }) => name)

/** The password step, and then the token step. */
async function giveToken(browser: HttpBrowser, token: string, device = person.app) {
  await browser.post('/account/login', { username: person.email, password: person.password })
  return browser.post('/account/login', { otp_device: device?.persistentId ?? '', otp_token: token })
}

describe('the events', () => {
  it('report a sign-in with a token: first the verification, then the session', async () => {
    await signIn(site(), person)
    expect(names()).toEqual(['userVerified', 'signedIn'])
  })

  it('report a sign-in with a backup token, and that one was used', async () => {
    await giveToken(site().browser(), person.backupTokens[0] ?? '', person.backup)
    expect(names()).toEqual(['userVerified', 'backupTokenUsed', 'signedIn'])
  })

  it('report a session without a second factor, with no device', async () => {
    const bare = await site().person({ app: false })
    let device: unknown = 'unheard'
    const end = site().otp.events.on('signedIn', (event) => {
      if (event.userId === bare.id) device = event.device
    })
    await signIn(site(), bare)
    end()
    expect(device).toBeNull()
  })

  it('report a wrong token as failed, and nothing else', async () => {
    await giveToken(site().browser(), '000000')
    expect(names()).toEqual(['verificationFailed'])
  })

  it('report once that ten wrong tokens locked the account', async () => {
    for (let count = 0; count < 12; count += 1) {
      await giveToken(site().browser(), '000000')
      site().clock.advance(2 ** Math.min(count, 8))
    }
    expect(names().filter((name) => name === 'userLocked')).toHaveLength(1)
    expect(names().indexOf('userLocked')).toBe(10)
  })

  it('report the end of the session at a sign-out', async () => {
    const browser = await signIn(site(), person)
    emitted.length = 0
    await browser.post('/account/logout')
    expect(names()).toEqual(['signedOut'])
  })

  it.each([
    ['delete', 'deviceRemoved'],
    ['edit', 'deviceSwitchedOff'],
  ] as const)('report a %s by an administrator as %s, with the actor', async (action, name) => {
    const answer = await callAction(site().boss, 'totp_devices', person.app?.id ?? 0, action, { confirmed: 'false' })
    expect(answer.status).toBe(200)
    expect(emitted.filter(({ userId }) => userId === person.id)).toEqual([
      { name, userId: person.id, hasTransaction: true, by: 'administrator', actorId: site().bossPerson.id },
    ])
  })

  it('report a device that an administrator enabled again, with the actor', async () => {
    const edit = (confirmed: string) =>
      callAction(site().boss, 'totp_devices', person.app?.id ?? 0, 'edit', { confirmed })
    await edit('false')
    emitted.length = 0
    expect((await edit('true')).status).toBe(200)
    expect(emitted.filter(({ userId }) => userId === person.id)).toEqual([
      {
        name: 'deviceEnabled',
        userId: person.id,
        hasTransaction: true,
        by: 'administrator',
        actorId: site().bossPerson.id,
      },
    ])
  })

  it('report each device of a reset, with the actor', async () => {
    await callAction(site().boss, 'users', person.id, 'resetSecondFactor')
    expect(names()).toEqual(['deviceRemoved', 'deviceRemoved'])
  })

  it('carry the transaction if they are emitted inside it, and none after the commit', async () => {
    const browser = await signIn(site(), person)
    await browser.post('/account/logout')
    expect(new Set(emitted.filter(({ hasTransaction }) => hasTransaction).map(({ name }) => name))).toEqual(
      new Set(['userVerified']),
    )
  })
})

/** Runs something with a handler that throws. */
async function withBroken(name: keyof OtpEvents | keyof AfterEvents, work: () => Promise<void>) {
  const broken = () => {
    throw new Error('the handler’s own fault')
  }
  const end = site().otp.events.on(name, broken)
  await work().finally(end)
}

const isIn = async (browser: HttpBrowser) => (await browser.get('/admin/api/dashboard')).status === 200
const failuresOf = async ({ database }: PanelSite) =>
  (await deviceModels(database).TotpDevice.findByPk(person.app?.id ?? 0, { rejectOnEmpty: true })).failure_count

describe('a handler that throws', () => {
  it('vetoes a sign-in inside the transaction: nobody is verified, and the code is not consumed', async () => {
    const browser = site().browser()
    const code = person.code()
    await withBroken('userVerified', async () => {
      expect((await giveToken(browser, code)).status).toBe(500)
    })
    expect(await isIn(browser)).toBe(false)
    expect((await giveToken(site().browser(), code)).status).toBe(303)
  })

  it('vetoes the use of a backup token: the token still exists', async () => {
    const [token = ''] = person.backupTokens
    await withBroken('backupTokenUsed', async () => {
      expect((await giveToken(site().browser(), token, person.backup)).status).toBe(500)
    })
    expect((await giveToken(site().browser(), token, person.backup)).status).toBe(303)
  })

  it('vetoes a reset: every device still exists', async () => {
    await withBroken('deviceRemoved', async () => {
      expect((await callAction(site().boss, 'users', person.id, 'resetSecondFactor')).status).toBe(500)
    })
    expect(await isIn(await signIn(site(), person))).toBe(true)
  })

  it('vetoes the counting of a failure, and lets nobody in', async () => {
    await withBroken('verificationFailed', async () => {
      const browser = site().browser()
      expect((await giveToken(browser, '000000')).status).toBe(500)
      expect(await isIn(browser)).toBe(false)
    })
    expect(await failuresOf(site())).toBe(0)
  })

  it.each(after)('is logged by its name and breaks nothing after the commit (%s)', async (name) => {
    const lines = site().log.length
    await withBroken(name, async () => {
      const browser = await signIn(site(), person)
      expect(await isIn(browser)).toBe(true)
      expect((await browser.post('/account/logout')).status).toBe(303)
    })
    const logged = site().log.slice(lines).join('\n')
    expect(logged).toContain('the handler’s own fault')
    expect(logged).toContain(`"event":"${name}"`)
  })

  it('does not keep other handlers from being called', async () => {
    const heard: number[] = []
    await withBroken('signedIn', async () => {
      const end = site().otp.events.on('signedIn', ({ userId }) => void heard.push(userId))
      await signIn(site(), person)
      end()
    })
    expect(heard).toEqual([person.id])
  })

  it('can also fail asynchronously', async () => {
    const someone = await createTestUser(site())
    const end = site().otp.events.on('signedIn', () => Promise.reject(new Error('a late fault')))
    await signIn(site(), someone)
    end()
    expect(site().log.join('\n')).toContain('a late fault')
  })
})
