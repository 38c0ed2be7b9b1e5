import { DataTypes } from 'sequelize'
import { hashPassword } from './passwords.js'

/** Creates the shop's tables, and fills new ones with examples. */
export async function createModels(sequelize) {
  const Staff = sequelize.define(
    'Staff',
    { email: { type: DataTypes.STRING, unique: true }, password_hash: DataTypes.STRING, role: DataTypes.STRING },
    { tableName: 'staff', timestamps: false },
  )
  const Product = sequelize.define(
    'Product',
    { name: { type: DataTypes.STRING, allowNull: false }, stock: { type: DataTypes.INTEGER, defaultValue: 0 } },
    { tableName: 'products', timestamps: false },
  )
  const Order = sequelize.define(
    'Order',
    {
      customer: { type: DataTypes.STRING, allowNull: false },
      shipped: { type: DataTypes.BOOLEAN, defaultValue: false },
    },
    { tableName: 'orders', timestamps: false },
  )
  Order.belongsTo(Product, { foreignKey: { name: 'product_id', allowNull: false } })
  await sequelize.sync()
  if ((await Staff.count()) === 0) await seed({ Staff, Product, Order })
  return { Staff, Product, Order }
}

async function seed({ Staff, Product, Order }) {
  const password_hash = await hashPassword('correct horse battery')
  await Staff.create({ email: 'ada@shop.example', password_hash, role: 'clerk' })
  await Staff.create({ email: 'bob@shop.example', password_hash, role: 'viewer' })
  const eggs = await Product.create({ name: 'Twelve eggs', stock: 40 })
  await Product.create({ name: 'A loaf of bread', stock: 7 })
  await Order.create({ customer: 'Grace', product_id: eggs.id })
}
