import type { Database } from '../../src/db/connect.js'
import { initEmailDevice } from '../../src/db/models/email-device.js'
import { initHotpDevice } from '../../src/db/models/hotp-device.js'
import { initPhoneDevice } from '../../src/db/models/phone-device.js'
import { initStaticDevice, initStaticToken } from '../../src/db/models/static-device.js'
import { initTotpDevice } from '../../src/db/models/totp-device.js'
import { initWebauthnDevice } from '../../src/db/models/webauthn-device.js'

const known = new WeakMap<object, ReturnType<typeof initModels>>()

/** The models of the built-in kinds' tables, bound to a test's database. */
export function deviceModels({ sequelize }: Pick<Database, 'sequelize'>) {
  const models = known.get(sequelize) ?? initModels({ sequelize })
  known.set(sequelize, models)
  return models
}

function initModels({ sequelize }: Pick<Database, 'sequelize'>) {
  return {
    TotpDevice: initTotpDevice(sequelize),
    HotpDevice: initHotpDevice(sequelize),
    PhoneDevice: initPhoneDevice(sequelize),
    EmailDevice: initEmailDevice(sequelize),
    WebauthnDevice: initWebauthnDevice(sequelize),
    StaticDevice: initStaticDevice(sequelize),
    StaticToken: initStaticToken(sequelize),
  }
}
