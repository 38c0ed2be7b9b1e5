import { startPostgres } from '../test/support/start-postgres.js'
import { describeMachine } from './machine.js'
import type { Row, Scenario } from './scenario.js'
import { eventLoop } from './scenarios/event-loop.js'
import { landing } from './scenarios/landing.js'
import { lists } from './scenarios/lists.js'
import { logins } from './scenarios/logins.js'
import { panelScript } from './scenarios/panel-script.js'
import { refusedLogins } from './scenarios/refused-logins.js'
import { refusals } from './scenarios/refusals.js'
import { silentDatabase } from './scenarios/silent-database.js'
import { start } from './scenarios/start.js'
import { verifyTokens } from './scenarios/verify-token.js'

// `npm run bench [-- NAME…]`: measures what README claims and prints its table.
const scenarios: Readonly<Record<string, Scenario>> = {
  start,
  logins,
  'refused-logins': refusedLogins,
  'verify-token': verifyTokens,
  'event-loop': eventLoop,
  refusals,
  'panel-script': panelScript,
  landing,
  lists,
  'silent-database': silentDatabase,
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(scenarios)
const unknown = names.filter((name) => !Object.hasOwn(scenarios, name))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}. There are: ${Object.keys(scenarios).join(', ')}.`)
  process.exit(2)
}

// PostgreSQL's own defaults: every commit reaches the disk.
const postgres = await startPostgres({})
const bench = { postgres }
const rows: Row[] = []
for (const name of names) {
  const measured = await scenarios[name]?.(bench)
  for (const row of measured ?? []) console.error(`${row.ok ? 'ok    ' : 'MISSED'} ${row.what}: ${row.measured}`)
  rows.push(...(measured ?? []))
}
console.log(`Measured on ${await describeMachine(bench)}.\n`)
console.log('| what | must | measured | ok |\n| --- | --- | --- | --- |')
for (const { what, must, measured, ok } of rows)
  console.log(`| ${what} | ${must} | ${measured} | ${ok ? 'yes' : 'no'} |`)
await postgres?.stop()
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1
