import type { Sequelize } from 'sequelize'
import { initAuditEvent } from './audit-event.js'
import { initStaticDevice, initStaticToken } from './static-device.js'
import { initTotpDevice } from './totp-device.js'
import { initUser } from './user.js'

/** Every model, bound to one Sequelize instance: subclasses, so that two databases in one process stay apart. */
export function initModels(sequelize: Sequelize) {
  return {
    User: initUser(sequelize),
    TotpDevice: initTotpDevice(sequelize),
    StaticDevice: initStaticDevice(sequelize),
    StaticToken: initStaticToken(sequelize),
    AuditEvent: initAuditEvent(sequelize),
  }
}

export type Models = ReturnType<typeof initModels>
