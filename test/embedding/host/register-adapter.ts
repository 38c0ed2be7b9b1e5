import { Sequelize } from 'sequelize'
import { AdminJS, Resource } from '../../../src/admin/adminjs.js'

/** As @adminjs/sequelize has it. The shop registers it before it builds its AdminJS. */
class ShopDatabase {
  readonly #sequelize: Sequelize
  constructor(sequelize: Sequelize) {
    this.#sequelize = sequelize
  }
  static isAdapterFor(given: unknown): boolean {
    return given instanceof Sequelize
  }
  resources() {
    return Object.values(this.#sequelize.models).map((model) => new Resource(model))
  }
}
AdminJS.registerAdapter({ Database: ShopDatabase, Resource })
