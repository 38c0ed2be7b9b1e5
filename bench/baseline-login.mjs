import { verify } from '@node-rs/argon2'
import express from 'express'
import pg from 'pg'

// What the bench holds a login against: the same four requests, as many prepared statements
// of the simplest kind, the hash, and nothing of what makes a sign-in safe.
const READ = { name: 'read', text: 'select * from users where id = $1' }
const WRITE = { name: 'write', text: 'update users set last_login_at = now() where id = $1' }
const FIND = { name: 'find', text: 'select * from users where email = $1' }
const PAGE = `<!doctype html>${'x'.repeat(3500)}`

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
const app = express()
app.use(express.urlencoded())
app.get('/account/login', async (req, res) => {
  const id = signedIn(req)
  if (id !== null) await run(pool, id, READ, READ)
  res.type('html').send(PAGE)
})
app.post('/account/login', async (req, res) => {
  const { username, password } = req.body
  if (username === undefined) await askToken(signedIn(req))
  else res.cookie('id', String(await askPassword(username, password)))
  res.redirect(303, username === undefined ? '/admin' : '/account/login')
})

/** Five statements: the address's limit, the user, the account's limit, both limits again, a session. */
async function askPassword(email, password) {
  const { rows } = await pool.query({ ...FIND, values: [email] })
  const [{ id, password_hash: hash }] = rows
  await run(pool, id, WRITE, WRITE)
  if (!(await verify(hash, password))) throw new Error('The password is wrong.')
  await run(pool, id, WRITE, WRITE)
  return id
}

/** Thirteen: the form, session, devices, limit; the transaction of six; a browser, a date, the form's answer. */
async function askToken(id) {
  await run(pool, id, WRITE, READ, READ, WRITE)
  const client = await pool.connect()
  await client.query('begin')
  await run(client, id, READ, WRITE, WRITE, WRITE)
  await client.query('commit')
  client.release()
  await run(pool, id, WRITE, WRITE, WRITE)
}

async function run(on, id, ...statements) {
  for (const statement of statements) await on.query({ ...statement, values: [id] })
}

const signedIn = (req) => /id=(\d+)/.exec(req.headers.cookie ?? '')?.[1] ?? null

const server = app.listen(0, '127.0.0.1', () => console.log(`Address: http://127.0.0.1:${server.address().port}/admin`))
process.once('SIGTERM', () => process.exit(0))
