import { describe, expect, it } from 'vitest'
import {
  can,
  hasAllPermissionsOf,
  availablePermissions,
  offerKinds,
  permissionCatalogue,
  actionPermissions,
  type Principal,
  denialReason,
} from '../../src/admin/permissions.js'
import { panelResources } from '../../src/admin/resources/index.js'
import { shippedGroups } from '../../src/db/migrations/0016-least-privilege.js'
import { type Actor, actors, isAllowed, ownGroups, permissionTable } from './permission-table.js'
import { builtInKinds } from '../../src/kinds/index.js'

let people = 0
const principal = (traits: Partial<Principal> = {}): Principal => ({
  id: (people += 1),
  isSuperuser: false,
  isStaff: true,
  granted: new Set(),
  ...traits,
})
const inGroup = (...texts: string[]) => principal({ granted: new Set(texts) })
const as = (actor: Actor) =>
  actor === 'superuser'
    ? principal({ isSuperuser: true })
    : principal({ granted: new Set(shippedGroups[actor] ?? ownGroups[actor] ?? []) })

offerKinds(builtInKinds)

const permissions = [...new Set(Object.values(actionPermissions))]
const resources = panelResources(builtInKinds).map(({ table }) => table)

describe('the table of permissions', () => {
  it('has a row for each resource, and no other', () => {
    expect(Object.keys(permissionTable).toSorted()).toEqual(resources.toSorted())
  })

  it('gives a superuser every permission', () => {
    for (const resource of resources)
      expect(isAllowed(resource, 'superuser').toSorted()).toEqual([...availablePermissions(resource)].toSorted())
  })

  it.each(actors.flatMap((actor) => resources.map((resource) => [actor, resource] as const)))(
    'is correct for %s and %s',
    (actor, resource) => {
      const may = permissions.filter((permission) => can(as(actor), permission, resource))
      expect(may.toSorted()).toEqual(isAllowed(resource, actor).toSorted())
    },
  )

  it('contains every permission of the shipped groups', () => {
    const unknown = Object.values(shippedGroups)
      .flat()
      .filter((text) => !permissionCatalogue().texts.includes(text))
    expect(unknown).toEqual([])
  })
})

describe('permissions', () => {
  it('add up over several groups', () => {
    const both = inGroup('users.view', 'audit_events.view')
    expect(can(both, 'view', 'users') && can(both, 'view', 'audit_events')).toBe(true)
    expect(can(both, 'view', 'totp_devices')).toBe(false)
  })

  it('do not exist for what does not exist', () => {
    const all = inGroup(...permissionCatalogue().texts, 'sessions.view', 'users.delete', 'constructor.view')
    for (const [permission, resource] of [
      ['view', 'sessions'],
      ['view', 'constructor'],
      ['delete', 'users'],
      ['delete', 'audit_events'],
    ] as const) {
      expect(can(all, permission, resource)).toBe(false)
      expect(can(as('superuser'), permission, resource)).toBe(false)
    }
  })

  it("never include changing groups, whatever a group's row contains", () => {
    const forged = inGroup('groups.add', 'groups.change', 'groups.delete', 'user_groups.add', 'user_groups.delete')
    for (const resource of ['groups', 'user_groups'])
      for (const permission of ['add', 'change', 'delete'] as const)
        expect(can(forged, permission, resource)).toBe(false)
    expect(permissionCatalogue().texts.filter((text) => /groups\.(add|change|delete)/.test(text))).toEqual([])
  })
})

describe('the rules about a user', () => {
  const writes = ['unlock', 'invite', 'giveBackupToken', 'endSessions', 'resetSecondFactor', 'change'] as const

  it('let only superusers change a superuser', () => {
    const above = principal({ isSuperuser: true })
    for (const permission of writes) {
      expect(denialReason(as('Administrators'), permission, 'users', above)).toBe('superuser')
      expect(denialReason(as('People admins'), permission, 'users', above)).toBe('superuser')
      expect(denialReason(as('superuser'), permission, 'users', above)).toBeNull()
    }
  })

  it.each([
    ['Help desk', 'in no group', null],
    ['Help desk', 'allowed nothing', null],
    ['Help desk', 'Help desk', null],
    ['Help desk', 'Auditors', 'above'],
    ['Help desk', 'People admins', 'above'],
    ['Help desk', 'sees all', 'above'],
    ['People admins', 'Help desk', null],
    ['People admins', 'Auditors', null],
    ['People admins', 'in no group', null],
    ['People admins', 'sees all', 'above'],
    ['People admins', 'Administrators', 'above'],
    ['Administrators', 'People admins', null],
    ['Administrators', 'sees all', null],
    ['in no group', 'in no group', 'permission'],
    ['in no group', 'Help desk', 'permission'],
    ['superuser', 'Administrators', null],
  ] as const)('are right for %s and a user of %s: %s', (actor, subject, expected) => {
    expect(denialReason(as(actor), 'resetSecondFactor', 'users', as(subject))).toBe(expected)
    expect(denialReason(as(actor), 'invite', 'users', as(subject))).toBe(expected)
  })

  it('apply to their devices too, and looking at them is free', () => {
    const actor = inGroup('totp_devices.view', 'totp_devices.change', 'totp_devices.delete')
    const equal = inGroup('totp_devices.view')
    const above = inGroup('users.view')
    for (const permission of ['change', 'delete'] as const) {
      expect(denialReason(actor, permission, 'totp_devices', equal)).toBeNull()
      expect(denialReason(actor, permission, 'totp_devices', above)).toBe('above')
    }
    expect(denialReason(actor, 'view', 'totp_devices', above)).toBeNull()
  })

  it('let nobody delete their own device or help themselves, but they can change themselves', () => {
    for (const actor of [as('superuser'), as('Administrators'), as('People admins')]) {
      for (const permission of ['unlock', 'invite', 'giveBackupToken', 'endSessions', 'resetSecondFactor'] as const)
        expect(denialReason(actor, permission, 'users', actor)).toBe('own')
      expect(denialReason(actor, 'delete', 'totp_devices', actor)).toBe('own')
      expect(denialReason(actor, 'change', 'users', actor)).toBeNull()
    }
  })

  it('include those that the user would have as staff', () => {
    const waiting = principal({ isStaff: false, granted: new Set(['audit_events.view']) })
    expect(denialReason(as('Help desk'), 'invite', 'users', waiting)).toBe('above')
    expect(denialReason(as('Help desk'), 'invite', 'users', principal({ isStaff: false }))).toBeNull()
  })

  it('match a permission of an unknown resource only by its exact text', () => {
    expect(hasAllPermissionsOf(inGroup('users.view'), inGroup('orders.refund'))).toBe(false)
    expect(hasAllPermissionsOf(inGroup('orders.refund'), inGroup('orders.refund'))).toBe(true)
    expect(hasAllPermissionsOf(inGroup('*.view'), inGroup('orders.view'))).toBe(true)
  })

  it('for all kinds of device include those of single kinds and of their parts, and nothing else', () => {
    const actor = inGroup('*_devices.view', '*_devices.change')
    for (const table of ['totp_devices', 'static_devices']) {
      expect(can(actor, 'change', table, principal())).toBe(true)
      expect(can(actor, 'delete', table, principal())).toBe(false)
    }
    expect(can(actor, 'view', 'static_tokens')).toBe(true)
    expect(can(actor, 'view', 'users') || can(actor, 'view', 'trusted_browsers')).toBe(false)
    expect(hasAllPermissionsOf(actor, inGroup('totp_devices.change'))).toBe(true)
    expect(hasAllPermissionsOf(inGroup('totp_devices.change'), actor)).toBe(false)
  })
})

describe('nobody gains a permission', () => {
  it('by leaving a group, with any groups before', () => {
    const groups = [...Object.values(shippedGroups), ...Object.values(ownGroups)]
    for (const leaves of groups)
      for (const stays of groups) {
        const before = inGroup(...leaves, ...stays)
        for (const after of [inGroup(...stays), principal()])
          for (const resource of resources) {
            const [had, has] = [before, after].map((each) => permissions.filter((one) => can(each, one, resource)))
            expect(had).toEqual(expect.arrayContaining(has ?? []))
          }
        expect(hasAllPermissionsOf(before, inGroup(...stays))).toBe(true)
      }
  })
})
