import { EventEmitter } from 'node:events'
import path from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { Sequelize } from 'sequelize'

/**
 * PostgreSQL inside this process, so that the example needs nothing but Node. A real shop has
 * `new Sequelize(process.env.DATABASE_URL)` in place of this file.
 *
 * @param {string} folder where the data lie
 */
export async function openDatabase(folder) {
  const database = await PGlite.create(path.join(folder, 'shop'))
  class Client extends EventEmitter {
    connection = new EventEmitter()
    connect(done) {
      done()
    }
    query(sql, ...rest) {
      const done = rest.pop()
      const answer = ask(database, sql, rest[0])
      if (typeof done !== 'function') return answer
      void answer.then(
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

/** Lists of names stay text, which Sequelize takes apart itself. */
const options = { parsers: { 1003: (text) => text } }

/** Several statements at once come without values. */
async function ask(database, sql, values) {
  const results = values ? [await database.query(sql, values, options)] : await database.exec(sql, options)
  const answers = results.map(({ rows, affectedRows }) => ({ rows, rowCount: affectedRows || rows.length }))
  return answers.length === 1 ? answers[0] : answers
}
