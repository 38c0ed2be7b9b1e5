// A JavaScript application that uses the package as README and docs/embedding.md describe.
import assert from 'node:assert/strict'
import express from 'express'
import {
  createOtpAdminSite,
  devicesForUser,
  generateChallenge,
  login,
  matchToken,
  otpRequired,
  persistentId,
  requires,
  SiteError,
  userHasDevice,
  verifyIsAllowed,
  verifyToken,
} from 'otp-admin-site'

for (const call of [verifyToken, matchToken, login, userHasDevice, generateChallenge, verifyIsAllowed])
  assert.equal(typeof call, 'function')
assert.equal(persistentId('totp', 3), 'totp/3')

const server = express().listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const baseUrl = `http://127.0.0.1:${server.address().port}`

await assert.rejects(createOtpAdminSite({ config: { BASE_URL: 'nowhere' } }), SiteError)
const site = await createOtpAdminSite({ config: { BASE_URL: baseUrl, DATA_DIR: './data', LOG_LEVEL: 'silent' } })
const app = express()
app.get('/open', (_req, res) => void res.send('open'))
app.use(site.router)
app.get('/reports', otpRequired(site.auth), (_req, res) => void res.send('reports'))
app.get('/vault', requires(site.auth, { kinds: ['webauthn'], maxAge: 600 }), (_req, res) => void res.send('vault'))
server.removeAllListeners('request').on('request', app)

const get = (path) => fetch(baseUrl + path, { redirect: 'manual' })
assert.equal(await (await get('/open')).text(), 'open')
assert.match(await (await get('/account/login')).text(), /name="password"/)
for (const path of ['/admin', '/reports', '/vault']) {
  const response = await get(path)
  assert.equal(response.status, 302, path)
  assert.match(response.headers.get('location'), /^\/account\/login\?next=/, path)
}
assert.deepEqual(await devicesForUser(site.otp, 1), [])
assert.equal((await get('/no-such-page')).status, 404)

// Names that only authors of kinds need have separate entry points. The root still exports the older ones too.
const root = await import('otp-admin-site')
const kinds = await import('otp-admin-site/kinds')
const testing = await import('otp-admin-site/testing')
assert.deepEqual(Object.keys(kinds), ['createDeviceTable', 'defineKind', 'deliveredCode'])
assert.deepEqual(Object.keys(testing), ['answerChallenge', 'kindContract'])
const { answerChallenge: _, ...older } = { ...kinds, ...testing }
for (const [name, value] of Object.entries(older)) assert.equal(root[name], value, name)

// No other entry point exists.
await assert.rejects(import('otp-admin-site/dist/lib/site.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })

await site.close()
server.close()
console.log('The package works from JavaScript.')
