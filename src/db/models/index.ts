import type { Sequelize } from 'sequelize'
import { initAuditEvent } from './audit-event.js'
import { initGroup, initUserGroup } from './group.js'
import { initTrustedBrowser } from './trusted-browser.js'
import { initUser } from './user.js'

/**
 * The models that do not belong to a kind of device, bound to one Sequelize instance: subclasses,
 * so that two databases in one process stay apart.
 */
export function initModels(sequelize: Sequelize) {
  return {
    User: initUser(sequelize),
    Group: initGroup(sequelize),
    UserGroup: initUserGroup(sequelize),
    AuditEvent: initAuditEvent(sequelize),
    TrustedBrowser: initTrustedBrowser(sequelize),
  }
}

export type Models = ReturnType<typeof initModels>
