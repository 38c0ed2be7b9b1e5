import { verify } from '@node-rs/argon2'
import express from 'express'
import pg from 'pg'

// The baseline for a sign-in: the same four requests, as many simple prepared statements and the
// password hash, without the security checks.
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
  if (username === undefined) await checkToken(signedIn(req))
  else res.cookie('id', String(await checkPassword(username, password)))
  res.redirect(303, username === undefined ? '/admin' : '/account/login')
})

/** Five statements, for the IP limit, the user, the account limit, both limits again, and a session. */
async function checkPassword(email, password) {
  const { rows } = await pool.query({ ...FIND, values: [email] })
  const [{ id, password_hash: hash }] = rows
  await run(pool, id, WRITE, WRITE)
  if (!(await verify(hash, password))) throw new Error('The password is incorrect.')
  await run(pool, id, WRITE, WRITE)
  return id
}

/** Thirteen statements, for form, session, devices and limit, a transaction of six, browser, date and stored response. */
async function checkToken(id) {
  await run(pool, id, WRITE, READ, READ, WRITE)
  const client = await pool.connect()
  await client.query('begin')
  await run(client, id, READ, WRITE, WRITE, WRITE)
  await client.query('commit')
  client.release()
  await run(pool, id, WRITE, WRITE, WRITE)
}

async function run(connection, id, ...statements) {
  for (const statement of statements) await connection.query({ ...statement, values: [id] })
}

const signedIn = (req) => /id=(\d+)/.exec(req.headers.cookie ?? '')?.[1] ?? null

const server = app.listen(0, '127.0.0.1', () => console.log(`Address: http://127.0.0.1:${server.address().port}/admin`))
process.once('SIGTERM', () => process.exit(0))
