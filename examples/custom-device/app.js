// @ts-check
import express from 'express'
import { createOtpAdminSite } from 'otp-admin-site'
import { kinds } from './kinds.js'

const { PORT = '3000', DATA_DIR = './data' } = process.env

const site = await createOtpAdminSite({ config: { BASE_URL: `http://localhost:${PORT}`, PORT, DATA_DIR }, kinds })

const app = express()
app.use(site.router)
const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`Address: http://localhost:${PORT}/admin`))

process.once('SIGTERM', () => {
  server.close()
  void site.close()
})
