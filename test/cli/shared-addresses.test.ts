import { describe, expect, it } from 'vitest'
import { type SiteMetadata, setMetadata } from '../../src/db/site-metadata.js'
import { commandsOn, places } from './commands-on.js'

type Source = SiteMetadata['people']

const commands = [
  'unlock --user',
  'invite --user',
  'add-static-token --user',
  'add-totp --user',
  'add-hotp --key 3132333435363738393031323334353637383930 --user',
  'two-factor-disable',
]

/** Which of the rows with one email address a command is about, by who signs in to the site. */
const rules: [title: string, people: Source, rows: readonly Source[], expected: Source | 'nobody'][] = [
  [
    "takes the site's own user, among users of a former application",
    'here',
    ['application', 'here', 'application'],
    'here',
  ],
  [
    "takes the application's user, next to a former user of the site",
    'application',
    ['here', 'application'],
    'application',
  ],
  [
    "takes the application's user, if the former user of the site is newer",
    'application',
    ['application', 'here'],
    'application',
  ],
  ["takes the application's user before the site has started with the adapter", 'here', ['application'], 'application'],
  ["takes the site's user before the site has started without the adapter", 'application', ['here'], 'here'],
  ["rejects two of the application's users", 'application', ['application', 'application', 'here'], 'nobody'],
  ['rejects two users of a former application', 'here', ['application', 'application'], 'nobody'],
]

// The statements are the same in both places, and commands.test.ts runs them in both.
const place = places.at(-1) ?? 'PostgreSQL'

describe('an email address of several users', () => {
  const { run, look } = commandsOn(place)
  let last = 0

  /** Adds locked users with one email address, and stores where the users of the site are now. */
  async function addUsers(people: Source, sources: readonly Source[]) {
    const email = `shared${(last += 1)}@example.com`
    const users = await look(async (database) => {
      await setMetadata(database, 'people', people)
      const rows = sources.map((source, index) => ({
        email,
        name: '',
        external_id: source === 'here' ? null : `${email}/${index}`,
        token_failed_at: Array.from({ length: 10 }, () => new Date()),
      }))
      return await database.models.User.bulkCreate(rows, { returning: true })
    })
    return { email, users: users.map(({ id }, index) => ({ id, source: sources[index] })) }
  }

  /** Returns the users of an email address whose locks were ended. Every command of the table ends them. */
  const unlocked = (email: string) =>
    look(async ({ pool }) => {
      const sql = `select id from users where email = $1 and token_failed_at = '{}'`
      return (await pool.query<{ id: number }>(sql, [email])).rows.map(({ id }) => id)
    })

  describe.each(rules)('%s', (_title, people, rows, expected) => {
    it.each(commands)('%s', async (command) => {
      const { email, users } = await addUsers(people, rows)
      const { status, stderr } = await run(`${command} ${email.toUpperCase()}`)
      const intended = users.filter(({ source }) => source === expected).map(({ id }) => id)
      expect(await unlocked(email)).toEqual(intended)
      expect(status).toBe(expected === 'nobody' ? 1 : 0)
      if (expected !== 'nobody') return
      // After the warning about a secret in the arguments.
      expect(stderr.split('\n').at(-2)).toBe(
        `ambiguous_user: Several users have the email address: ${email.toUpperCase()}. Use the panel, where each of them has a page, or give them different email addresses in the application.`,
      )
    })
  })

  it("two-factor-status names the site's own user, and ambiguous addresses last", async () => {
    const { email, users } = await addUsers('here', ['application', 'here', 'application'])
    await run(`add-static-token --user ${email}`)
    const shared = await addUsers('here', ['application', 'application'])
    const { status, stdout, stderr } = await run(`two-factor-status ${shared.email} ${email}`)
    expect({ status, stdout, users: users.length }).toEqual({ status: 1, stdout: `${email}: enabled\n`, users: 3 })
    expect(stderr).toMatch(/^ambiguous_user: .+\n$/)
  })

  it('two-factor-disable changes nothing if one address is ambiguous', async () => {
    const { email } = await addUsers('here', ['here'])
    await run(`add-static-token --user ${email}`)
    const shared = await addUsers('here', ['application', 'application'])
    expect(await run(`two-factor-disable ${email} ${shared.email}`)).toMatchObject({ status: 1, stdout: '' })
    expect(await run(`two-factor-status ${email}`)).toMatchObject({ status: 0, stdout: `${email}: enabled\n` })
  })
})
