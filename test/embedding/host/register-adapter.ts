import { Sequelize } from 'sequelize'
import { AdminJS, Resource } from '../../../src/admin/adminjs.js'

/** The adapter of @adminjs/sequelize. The shop registers it before it creates its AdminJS. */
class ShopDatabase {
  readonly #sequelize: Sequelize
  constructor(sequelize: Sequelize) {
    this.#sequelize = sequelize
  }
  static isAdapterFor(database: unknown): boolean {
    return database instanceof Sequelize
  }
  resources() {
    return Object.values(this.#sequelize.models).map((model) => new Resource(model))
  }
}
AdminJS.registerAdapter({ Database: ShopDatabase, Resource })
