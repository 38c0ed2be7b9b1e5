import { AdminJS } from 'adminjs'
import * as AdminJSSequelize from '@adminjs/sequelize'
import express from 'express'
import { createOtpAdminSite } from 'otp-admin-site'
import { adminOptions } from '../shop/admin-options.js'
import { createModels } from '../shop/models.js'
import { openDatabase } from '../shop/open-database.js'

const { PORT = '3000', DATA_DIR = './data' } = process.env

AdminJS.registerAdapter(AdminJSSequelize)
const models = await createModels(await openDatabase(DATA_DIR))
const admin = new AdminJS(adminOptions(models))

const app = express()
const site = await createOtpAdminSite({ config: { PORT, DATA_DIR }, admin })
app.use(site.router)
app.get('/', (_req, res) => res.send('<h1>The Shop</h1>'))
app.listen(PORT, () => console.log(`Address: http://localhost:${PORT}/admin`))
