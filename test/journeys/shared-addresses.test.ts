import { describe, expect, it } from 'vitest'
import { createInvitation } from '../../src/auth/links/create-invitation.js'
import { noClient } from '../../src/client-info.js'
import { useSite } from '../support/journey.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, signIn, type TestUser } from '../support/site.js'

const FORGOT = '/account/password/forgot'
const FRESH = 'four words make one'

// A site that had a `users` adapter keeps the rows of the application's users when it goes on without one.
describe("an email address that a row of an application's user has too", () => {
  const site = useSite()

  /** Inserts that row. Without an adapter, nobody can sign in with it. */
  const insertMirror = async (email: string, externalId: string) =>
    await site().database.models.User.create({ email, name: 'Mirrored', external_id: externalId })

  /** Creates a user of the site between rows with the same address. A query without a condition finds one of these first. */
  async function addSharedUser(name: string): Promise<TestUser> {
    const email = `${name}@example.com`
    for (const order of [1, 2, 3]) await insertMirror(email, `${name}-${order}`)
    const person = await createTestUser(site())
    await site().database.models.User.update({ email }, { where: { id: person.id } })
    for (const order of [4, 5, 6]) await insertMirror(email.toUpperCase(), `${name}-${order}`)
    return { ...person, email }
  }

  const resetLinks = async ({ email }: TestUser) =>
    (await queuedEmailsTo(site().database, email)).flatMap((mail) =>
      mail.mail === 'password-reset' ? [mail.link] : [],
    )

  /** Requests a link for a forgotten password, and waits until it is in the queue. */
  async function requestLink(person: TestUser, browser = site().browser()): Promise<string> {
    const before = (await resetLinks(person)).length
    expect((await browser.post(FORGOT, { username: person.email })).status).toBe(303)
    await expect.poll(async () => (await resetLinks(person)).length, { timeout: 60_000 }).toBe(before + 1)
    return new URL((await resetLinks(person)).at(-1) ?? '').pathname
  }

  const passwordOwners = async ({ email }: TestUser) => {
    const sql = `select id from users where lower(email) = $1 and password_hash is not null`
    return (await site().database.pool.query<{ id: number }>(sql, [email])).rows.map(({ id }) => id)
  }

  it("signs in the site's own user", async () => {
    const person = await addSharedUser('signs-in')
    const browser = await signIn(site(), person)
    expect((await browser.get('/admin')).status).toBe(200)
  })

  it("changes the forgotten password of the site's own user, who got it with an invitation", async () => {
    const person = await addSharedUser('invited')
    const { database, otp, baseUrl } = site()
    await database.models.User.update({ password_hash: null }, { where: { id: person.id } })
    const invitation = await database.sequelize.transaction((transaction) =>
      createInvitation(otp, transaction, { userId: person.id, actorId: null, client: noClient }, baseUrl),
    )
    await site().browser().post(new URL(invitation.link).pathname, { password: person.password })
    expect(await passwordOwners(person)).toEqual([person.id])

    const link = await requestLink(person)
    expect((await site().browser().post(link, { password: FRESH })).status).toBe(303)
    expect(await passwordOwners(person)).toEqual([person.id])
    const browser = await signIn(site(), { ...person, password: FRESH })
    expect((await browser.get('/admin')).status).toBe(200)
  })

  it('counts requests from a browser of its owner for the owner, whatever others have requested', async () => {
    const person = await addSharedUser('known')
    const owner = await signIn(site(), person)
    for (let request = 0; request < 5; request += 1) await site().browser().post(FORGOT, { username: person.email })
    expect((await site().browser().post(FORGOT, { username: person.email })).status).toBe(429)
    expect((await owner.post(FORGOT, { username: person.email })).status).toBe(303)
  })

  it("gets no link if only an application's user has it", async () => {
    const email = 'only-mirrored@example.com'
    const { id } = await insertMirror(email, 'only')
    const person = await addSharedUser('asked-later')
    await site().browser().post(FORGOT, { username: email })
    await requestLink(person)
    // The later request was answered, so the first one was as well.
    expect(await queuedEmailsTo(site().database, email)).toEqual([])
    const links = await site().database.pool.query('select from one_time_links where user_id = $1', [id])
    expect(links.rowCount).toBe(0)
  })
})
