import { AdminJS } from 'adminjs'
import AdminJSExpress from '@adminjs/express'
import * as AdminJSSequelize from '@adminjs/sequelize'
import express from 'express'
import { adminOptions } from '../shop/admin-options.js'
import { createModels } from '../shop/models.js'
import { openDatabase } from '../shop/open-database.js'
import { isPassword } from '../shop/passwords.js'

const { PORT = '3000', DATA_DIR = './data' } = process.env

AdminJS.registerAdapter(AdminJSSequelize)
const models = await createModels(await openDatabase(DATA_DIR))
const admin = new AdminJS(adminOptions(models))

async function authenticate(email, password) {
  const staff = await models.Staff.findOne({ where: { email } })
  return staff && (await isPassword(password, staff.password_hash)) ? { id: staff.id, email, role: staff.role } : null
}

const app = express()
const auth = { authenticate, cookieName: 'shop', cookiePassword: 'a secret of at least 32 characters' }
const session = { resave: false, saveUninitialized: false }
app.use('/admin', AdminJSExpress.buildAuthenticatedRouter(admin, auth, null, session))
app.get('/', (_req, res) => res.send('<h1>The Shop</h1>'))
app.listen(PORT, () => console.log(`Address: http://localhost:${PORT}/admin`))
