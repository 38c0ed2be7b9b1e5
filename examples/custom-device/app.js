// @ts-check
import express from 'express'
import { createOtpAdminSite } from 'otp-admin-site'
import { ntfyKind } from './ntfy/kind.js'
import { yubikeyKind } from './yubikey/kind.js'

const { PORT = '3000', DATA_DIR = './data', YUBICO_CLIENT_ID, YUBICO_API_KEY } = process.env
const { YUBICO_SERVERS = 'https://api.yubico.com/wsapi/2.0/verify', NTFY_SERVER } = process.env

// Without an account at Yubico's servers (or your own), only YubiKeys with a known AES key can be added.
const servers =
  YUBICO_CLIENT_ID && YUBICO_API_KEY
    ? { urls: YUBICO_SERVERS.split(' '), clientId: YUBICO_CLIENT_ID, apiKey: YUBICO_API_KEY }
    : null

const site = await createOtpAdminSite({
  config: { BASE_URL: `http://localhost:${PORT}`, PORT, DATA_DIR },
  kinds: [yubikeyKind(servers), ...(NTFY_SERVER ? [ntfyKind(NTFY_SERVER)] : [])],
})

const app = express()
app.use(site.router)
const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`Address: http://localhost:${PORT}/admin`))

process.once('SIGTERM', () => {
  server.close()
  void site.close()
})
