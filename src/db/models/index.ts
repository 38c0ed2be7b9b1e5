import type { Sequelize } from 'sequelize'
import { initAuditEvent } from './audit-event.js'
import { initEmailDevice } from './email-device.js'
import { initGroup, initUserGroup } from './group.js'
import { initHotpDevice } from './hotp-device.js'
import { initPhoneDevice } from './phone-device.js'
import { initStaticDevice, initStaticToken } from './static-device.js'
import { initTotpDevice } from './totp-device.js'
import { initTrustedBrowser } from './trusted-browser.js'
import { initUser } from './user.js'
import { initWebauthnDevice } from './webauthn-device.js'

/** Every model, bound to one Sequelize instance: subclasses, so that two databases in one process stay apart. */
export function initModels(sequelize: Sequelize) {
  return {
    User: initUser(sequelize),
    Group: initGroup(sequelize),
    UserGroup: initUserGroup(sequelize),
    TotpDevice: initTotpDevice(sequelize),
    HotpDevice: initHotpDevice(sequelize),
    PhoneDevice: initPhoneDevice(sequelize),
    EmailDevice: initEmailDevice(sequelize),
    WebauthnDevice: initWebauthnDevice(sequelize),
    StaticDevice: initStaticDevice(sequelize),
    StaticToken: initStaticToken(sequelize),
    AuditEvent: initAuditEvent(sequelize),
    TrustedBrowser: initTrustedBrowser(sequelize),
  }
}

export type Models = ReturnType<typeof initModels>
