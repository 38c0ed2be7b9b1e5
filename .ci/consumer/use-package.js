// An application in plain JavaScript that uses the package as README and docs/embedding.md describe.
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
const address = `http://127.0.0.1:${server.address().port}`

await assert.rejects(createOtpAdminSite({ config: { BASE_URL: 'nowhere' } }), SiteError)
const site = await createOtpAdminSite({ config: { BASE_URL: address, DATA_DIR: './data', LOG_LEVEL: 'silent' } })
const app = express()
app.get('/open', (_req, res) => void res.send('open'))
app.use(site.router)
app.get('/reports', otpRequired(site.auth), (_req, res) => void res.send('reports'))
app.get('/vault', requires(site.auth, { kinds: ['webauthn'], maxAge: 600 }), (_req, res) => void res.send('vault'))
server.removeAllListeners('request').on('request', app)

const get = (path) => fetch(address + path, { redirect: 'manual' })
assert.equal(await (await get('/open')).text(), 'open')
assert.match(await (await get('/account/login')).text(), /name="password"/)
for (const path of ['/admin', '/reports', '/vault']) {
  const answer = await get(path)
  assert.equal(answer.status, 302, path)
  assert.match(answer.headers.get('location'), /^\/account\/login\?next=/, path)
}
assert.deepEqual(await devicesForUser(site.otp, 1), [])
assert.equal((await get('/none-of-ours')).status, 404)

// What only authors of kinds need has entry points of its own; the root keeps the names for now.
const root = await import('otp-admin-site')
const kinds = await import('otp-admin-site/kinds')
const testing = await import('otp-admin-site/testing')
assert.deepEqual(Object.keys(kinds), ['createDeviceTable', 'defineKind', 'deliveredCode'])
assert.deepEqual(Object.keys(testing), ['kindContract'])
for (const [name, value] of Object.entries({ ...kinds, ...testing })) assert.equal(root[name], value, name)

// Public names come from these three and from nowhere else.
await assert.rejects(import('otp-admin-site/dist/lib/site.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })

await site.close()
server.close()
console.log('The package works from JavaScript.')
