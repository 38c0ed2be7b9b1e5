// @ts-check
import express from 'express'
import { createOtpAdminSite, requires } from 'otp-admin-site'
import { changePassword, dismiss, hire, users } from './users.js'

const { PORT = '3000', DATA_DIR = './data', DATABASE_URL } = process.env

await hire('ada', 'boss', 'correct horse battery')
await hire('bob', 'clerk', 'staple correct horse')
await hire('cleo', 'clerk', 'horse staple correct')

// The site has a separate schema in the application's database. Without DATABASE_URL, it uses its embedded one.
const database = DATABASE_URL ? { DATABASE_URL, DATABASE_SCHEMA: 'otp_admin' } : {}
const site = await createOtpAdminSite({ config: { PORT, DATA_DIR, ...database }, users })

const app = express()
app.use(site.router)

const form = express.urlencoded({ extended: false })
const fresh = requires(site.auth, { maxAge: 300 })
// The site sets `req.user`. Its `name` is the login here.
app.post('/password', fresh, form, async (req, res) => {
  await changePassword(req.user?.name ?? '', String(req.body.password))
  res.redirect(303, '/account/login')
})
app.post('/dismiss', fresh, form, async (req, res) => {
  if (!req.user?.isSuperuser) return void res.sendStatus(403)
  await dismiss(String(req.body.login))
  res.sendStatus(204)
})

const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`Address: http://localhost:${PORT}/admin`))

process.once('SIGTERM', () => {
  server.close()
  void site.close()
})
