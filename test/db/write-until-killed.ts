import { testConfig } from '../support/config.js'
import { connectDatabase } from '../../src/db/connect.js'

// Uses the data folder in its first argument, writes one row after the other, some in transactions, and prints each number after it was acknowledged.

const database = await connectDatabase(testConfig({ DATA_DIR: process.argv[2] ?? '' }))
const { sequelize, pool } = database
for (let number = 1; ; number++) {
  if (number % 3 > 0) await pool.query('insert into written (number) values ($1)', [number])
  else
    await sequelize.transaction(async (transaction) => {
      await sequelize.query('insert into written (number) values ($1)', { bind: [number], transaction })
      await sequelize.query('update counted set numbers = numbers + 1', { transaction })
    })
  process.stdout.write(`${number}\n`)
}
