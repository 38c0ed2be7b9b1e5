import { EventEmitter } from 'node:events'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { Sequelize } from 'sequelize'

/**
 * Opens PostgreSQL inside this process, so that the example only needs Node. A real shop calls
 * `new Sequelize(process.env.DATABASE_URL)` instead.
 *
 * @param {string} folder of the data
 */
export async function openDatabase(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = await PGlite.create(path.join(folder, 'shop'))
  class Client extends EventEmitter {
    connection = new EventEmitter()
    connect(done) {
      done()
    }
    query(sql, ...rest) {
      const done = rest.pop()
      const response = run(database, sql, rest[0])
      if (typeof done !== 'function') return response
      void response.then(
        (result) => done(null, result),
        (error) => done(error),
      )
    }
    end(done) {
      done()
    }
  }
  const dialectModule = Object.assign(Object.create(pg), { Client })
  return new Sequelize({ dialect: 'postgres', dialectModule, logging: false, pool: { max: 1 } })
}

/** Leaves arrays of names as text, because Sequelize parses them. */
const options = { parsers: { 1003: (text) => text } }

/** Runs one statement with values, or several without. */
async function run(database, sql, values) {
  const results = values ? [await database.query(sql, values, options)] : await database.exec(sql, options)
  const responses = results.map(({ rows, affectedRows }) => ({ rows, rowCount: affectedRows || rows.length }))
  return responses.length === 1 ? responses[0] : responses
}
