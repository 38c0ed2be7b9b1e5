import { DataTypes, type Model, type ModelStatic } from 'sequelize'
import { z } from 'zod'
import type { Database } from '../../../src/db/connect.js'
import { openTestDatabase } from '../../support/database.js'
import './register-adapter.js'

export interface HostModels {
  Order: ModelStatic<Model>
  database: Database
  close(): Promise<void>
}

/** Orders with an owner, in a database of the application's own. */
export async function hostModels(): Promise<HostModels> {
  const database = await openTestDatabase()
  const Order = database.sequelize.define(
    'Order',
    { title: DataTypes.STRING, ownerId: DataTypes.INTEGER },
    { tableName: 'orders', timestamps: false },
  )
  await Order.sync()
  return { Order, database, close: () => database.close() }
}

const context = z.object({
  currentAdmin: z.custom<{ person?: { id?: unknown; role?: unknown }; role?: unknown }>(
    (given) => typeof given === 'object' && given !== null,
  ),
})

/** The current admin as a program without types finds him. */
export const adminContext = (given: unknown) => context.parse(given).currentAdmin
