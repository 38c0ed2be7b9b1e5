import type { HttpBrowser } from '../support/http-browser.js'
import { signIn } from '../support/site.js'
import { type PanelSite, withFreshToken } from './panel-site.js'
import { type Actor, ownGroups } from './permission-table.js'

const api = '/admin/api/resources'

/** The group of this name, shipped or created now. */
export async function findGroup({ database }: PanelSite, name: string, permissions?: readonly string[]) {
  const { Group } = database.models
  if (!permissions) return Group.findOne({ where: { name }, rejectOnEmpty: true })
  const [group] = await Group.findOrCreate({ where: { name }, defaults: { name, permissions: [...permissions] } })
  return group
}

/** Adds a user to groups without the panel. */
export async function joinGroup(site: PanelSite, personId: number, ...names: string[]): Promise<void> {
  for (const name of names) {
    const group = await findGroup(site, name)
    await site.database.models.UserGroup.create({ user_id: personId, group_id: group.id })
  }
}

/** A new user with the permissions of this actor, signed in. */
export async function signInAs(site: PanelSite, actor: Actor) {
  const permissions = ownGroups[actor]
  if (permissions) await findGroup(site, actor, permissions)
  const groups = actor === 'superuser' || actor === 'in no group' ? [] : [actor]
  const person = await site.person({ superuser: actor === 'superuser', backupTokens: 1, groups })
  return { person, browser: await signIn(site, person) }
}

/** Sends a POST to an action of a whole resource, with its filters in the URL. */
export function call(
  browser: HttpBrowser,
  table: string,
  action: string,
  form = {},
  query: Record<string, string> = {},
) {
  const address = `${api}/${table}/actions/${action}?${new URLSearchParams(query).toString()}`
  return withFreshToken(browser, () => browser.post(address, form))
}

interface ResourceState {
  id: string
  actions: { name: string }[]
  listProperties: { name: string }[]
  showProperties: { name: string }[]
  filterProperties: { name: string }[]
}

/** AdminJS's state in a user's page: resources with the actions that are offered. */
export async function stateOf(browser: HttpBrowser) {
  const { text } = await browser.get('/admin')
  const state = JSON.parse(/id="panel-state">(.*?)<\/script>/.exec(text)?.[1] ?? '{}')
  const resources: ResourceState[] = state.resources
  return { text, resources }
}
