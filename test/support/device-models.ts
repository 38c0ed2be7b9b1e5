import type { Database } from '../../src/db/connect.js'
import { initEmailDevice } from '../../src/kinds/email/model.js'
import { initHotpDevice } from '../../src/kinds/hotp/model.js'
import { initPhoneDevice } from '../../src/kinds/phone/model.js'
import { initStaticDevice, initStaticToken } from '../../src/kinds/static/model.js'
import { initTotpDevice } from '../../src/kinds/totp/model.js'
import { initWebauthnDevice } from '../../src/kinds/webauthn/model.js'

const known = new WeakMap<object, ReturnType<typeof initModels>>()

/** Returns the models of the built-in kinds' tables, bound to a test's database. */
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
