import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'
import * as initial from './0001-initial.js'
import * as ownDevices from './0002-own-devices.js'
import * as groupsAndBrowsers from './0003-groups-and-browsers.js'
import * as shippedGroups from './0004-shipped-groups.js'
import * as deviceStates from './0005-device-states.js'
import * as throttlingLanes from './0006-throttling-lanes.js'
import * as limits from './0007-limits.js'
import * as repeatedForms from './0008-repeated-forms.js'
import * as secretKeys from './0009-keys.js'
import * as operations from './0011-ops.js'
import * as attempts from './0012-attempts.js'
import * as help from './0014-help.js'
import * as typedLogins from './0015-typed-logins.js'
import * as leastPrivilege from './0016-least-privilege.js'
import * as peopleList from './0017-people-list.js'

/** One change of the schema. It runs in the transaction that also records its name. */
export interface Migration {
  name: string
  /** Runs the change in the transaction. */
  up: (database: Database, transaction: Transaction) => Promise<void>
}

/** The site's migrations, oldest first. A static list, so that a bundle contains them. */
export const migrations: readonly Migration[] = [
  initial,
  ownDevices,
  groupsAndBrowsers,
  shippedGroups,
  deviceStates,
  throttlingLanes,
  limits,
  repeatedForms,
  secretKeys,
  operations,
  attempts,
  help,
  typedLogins,
  leastPrivilege,
  peopleList,
]

/** The part of a custom kind that migrations need. Its table is `<name>_devices`. */
export interface KindMigrations {
  name: string
  /** Oldest first. Never change the migrations of a kind that has been in use. */
  migrations: readonly Migration[]
}
