import { AdminJS } from 'adminjs'
import * as AdminJSSequelize from '@adminjs/sequelize'
import express from 'express'
import { createOtpAdminSite } from 'otp-admin-site'
import { adminOptions } from '../shop/admin-options.js'
import { createModels } from '../shop/models.js'
import { openDatabase } from '../shop/open-database.js'
import { isPassword } from '../shop/passwords.js'

const { PORT = '3000', DATA_DIR = './data' } = process.env

AdminJS.registerAdapter(AdminJSSequelize)
const models = await createModels(await openDatabase(DATA_DIR))
const admin = new AdminJS(adminOptions(models, (currentAdmin) => currentAdmin?.person))

async function authenticate(email, password) {
  const staff = await models.Staff.findOne({ where: { email } })
  return staff && (await isPassword(password, staff.password_hash)) ? { id: staff.id, email, role: staff.role } : null
}

const app = express()
const asUser = (staff) => staff && { id: staff.id, email: staff.email, role: staff.role, isStaff: true }
const users = {
  find: async (id) => asUser(await models.Staff.findByPk(id)),
  findByLogin: async (email) => asUser(await models.Staff.findOne({ where: { email: email.toLowerCase() } })),
  checkPassword: async ({ email }, password) => (await authenticate(email, password)) !== null,
}
const site = await createOtpAdminSite({ config: { PORT, DATA_DIR }, admin, users })
app.use(site.router)
app.get('/', (_req, res) => res.send('<h1>The Shop</h1>'))
app.listen(PORT, () => console.log(`Address: http://localhost:${PORT}/admin`))
