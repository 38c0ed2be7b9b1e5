import { expect } from 'vitest'
import type { HttpBrowser } from '../../support/http-browser.js'
import { createTestUser, signIn, type TestSite } from '../../support/site.js'

/** Creates a member of staff whose only group has these permissions. */
export async function member(site: TestSite, permissions: readonly string[]): Promise<HttpBrowser> {
  const person = await createTestUser(site, { groups: [] })
  const [rows] = await site.database.sequelize.query(
    `with g as (insert into groups (name, permissions) values ($name, $permissions) returning id)
    insert into user_groups (user_id, group_id) select $id, id from g returning group_id`,
    { bind: { name: `Group ${person.id}`, permissions: `{${permissions.join()}}`, id: person.id } },
  )
  expect(rows).toHaveLength(1)
  return signIn(site, person)
}
