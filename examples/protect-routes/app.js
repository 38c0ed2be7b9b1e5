// @ts-check
import express from 'express'
import { createOtpAdminSite, otpRequired, requires } from 'otp-admin-site'

const { PORT = '3000', DATA_DIR = './data' } = process.env

const site = await createOtpAdminSite({
  config: { PORT, DATA_DIR, SITE_NAME: 'Ledger' },
})

const app = express()
// Before the site, so it is open to everyone and needs no database query.
app.get('/', (_req, res) => void res.send('<h1>Ledger</h1><p><a href="/reports">Reports</a></p>'))
app.use(site.router)

// Requires two factors.
app.get('/reports', otpRequired(site.auth), (req, res) => void res.json({ for: req.user?.email, reports: ['2026'] }))
// Requires two factors from users who have a device.
app.get('/newsletter', otpRequired(site.auth, { ifConfigured: true }), (_req, res) => void res.send('<h1>News</h1>'))
// Requires a token or key from the last five minutes. Otherwise, the form is completed after the step-up.
const fresh = requires(site.auth, { maxAge: 300 })
app.get('/payouts', otpRequired(site.auth), (_req, res) => {
  res.send('<form method="post" action="/payouts"><input name="amount"><button>Pay</button></form>')
})
app.post(
  '/payouts',
  fresh,
  express.urlencoded({ extended: false }),
  (req, res) => void res.json({ paid: req.body.amount }),
)

const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`Address: http://localhost:${PORT}`))

process.once('SIGTERM', () => {
  server.close()
  void site.close()
})
