import { startPostgres } from '../test/support/start-postgres.js'
import { describeMachine } from './machine.js'
import type { ResultRow, Scenario } from './scenario.js'
import { eventLoop } from './scenarios/event-loop.js'
import { landingPage } from './scenarios/landing-page.js'
import { lists } from './scenarios/lists.js'
import { logins } from './scenarios/logins.js'
import { panelScript } from './scenarios/panel-script.js'
import { rejectedLogins } from './scenarios/rejected-logins.js'
import { rejectedRequests } from './scenarios/rejected-requests.js'
import { silentDatabase } from './scenarios/silent-database.js'
import { startUp } from './scenarios/start-up.js'
import { verifyTokenRate } from './scenarios/verify-token.js'

// `npm run bench [-- NAME…]`: measures what README claims and prints its table.
const scenarios: Readonly<Record<string, Scenario>> = {
  start: startUp,
  logins,
  'refused-logins': rejectedLogins,
  'verify-token': verifyTokenRate,
  'event-loop': eventLoop,
  refusals: rejectedRequests,
  'panel-script': panelScript,
  landing: landingPage,
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
const rows: ResultRow[] = []
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
