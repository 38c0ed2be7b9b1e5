import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'

const { DATABASE_URL, DATA_DIR = './data' } = process.env

mkdirSync(DATA_DIR, { recursive: true, mode: 0o700 })

/** The application's own database: a server, or by default one in a folder, so that the example only needs Node. */
const database = DATABASE_URL
  ? new pg.Pool({ connectionString: DATABASE_URL })
  : await PGlite.create(path.join(DATA_DIR, 'people'))

await database.query(`
  create table if not exists users (
    login text primary key, email text not null, role text not null, employed boolean not null default true,
    password text not null
  )`)

const derive = (password, salt) => promisify(scrypt)(password, salt, 32)

async function hash(password) {
  const salt = randomBytes(16)
  return `${salt.toString('base64')}:${(await derive(password, salt)).toString('base64')}`
}

async function matches(stored, password) {
  const [salt = '', expected = ''] = stored.split(':').map((part) => Buffer.from(part, 'base64'))
  return timingSafeEqual(await derive(password, Buffer.from(salt)), Buffer.from(expected))
}

const dummyHash = await hash(randomBytes(16).toString('hex'))

async function find(login) {
  const { rows } = await database.query('select * from users where login = $1', [login])
  return rows.map(toUser)[0]
}

/** Converts a row to what the site expects. A new password changes the epoch, which ends every session. */
function toUser({ login, email, role, employed, password }) {
  const epoch = createHash('sha256').update(password).digest('base64url')
  return {
    id: login,
    email,
    name: login,
    isStaff: role !== 'customer',
    isSuperuser: role === 'boss',
    isActive: employed,
    epoch,
    password,
  }
}

/** The adapter that the site calls. docs/guides/own-users.md describes each method. */
export const users = {
  findByLogin: (login) => find(login.toLowerCase()),
  find,
  checkPassword: (user, password) => matches(user.password, password),
  checkDummyPassword: (password) => matches(dummyHash, password),
}

/**
 * @param {string} login
 * @param {string} role `customer`, `clerk` or `boss`
 * @param {string} password
 */
export async function hire(login, role, password) {
  const values = [login, `${login}@example.com`, role, await hash(password)]
  await database.query(
    'insert into users (login, email, role, password) values ($1, $2, $3, $4) on conflict do nothing',
    values,
  )
}

export async function dismiss(login) {
  await database.query('update users set employed = false where login = $1', [login])
}

export async function changePassword(login, password) {
  await database.query('update users set password = $2 where login = $1', [login, await hash(password)])
}
