import { startPostgres } from '../test/support/start-postgres.js'
import { describeMachine } from './machine.js'
import type { ResultRow, Scenario } from './scenario.js'
import { eventLoop } from './scenarios/event-loop.js'
import { landingPage } from './scenarios/landing-page.js'
import { lists } from './scenarios/lists.js'
import { logins } from './scenarios/logins.js'
import { panelScript } from './scenarios/panel-script.js'
import { peopleList } from './scenarios/people-list.js'
import { rejectedLogins } from './scenarios/rejected-logins.js'
import { rejectedRequests } from './scenarios/rejected-requests.js'
import { silentDatabase } from './scenarios/silent-database.js'
import { startUp } from './scenarios/start-up.js'
import { verifyTokenRate } from './scenarios/verify-token.js'

// `npm run bench [-- NAME…]` runs the measurements of docs/benchmarks.md and prints its table.
const scenarios: Readonly<Record<string, Scenario>> = {
  'start-up': startUp,
  logins,
  'rejected-logins': rejectedLogins,
  'verify-token': verifyTokenRate,
  'event-loop': eventLoop,
  'rejected-requests': rejectedRequests,
  'panel-script': panelScript,
  'landing-page': landingPage,
  lists,
  'people-list': peopleList,
  'silent-database': silentDatabase,
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(scenarios)
const unknown = names.filter((name) => !Object.hasOwn(scenarios, name))
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. Choose from ${Object.keys(scenarios).join(', ')}.`)
  process.exit(2)
}

// With PostgreSQL's default durability: every commit reaches the disk.
const postgres = await startPostgres({})
const bench = { postgres }
const rows: ResultRow[] = []
for (const name of names) {
  const measured = await scenarios[name]?.(bench)
  for (const row of measured ?? []) console.error(`${row.ok ? 'ok    ' : 'MISSED'} ${row.what}: ${row.measured}`)
  rows.push(...(measured ?? []))
}
console.log(`Measured on ${await describeMachine(bench)}.\n`)
console.log('| what | target | measured | ok |\n| --- | --- | --- | --- |')
for (const { what, target, measured, ok } of rows)
  console.log(`| ${what} | ${target} | ${measured} | ${ok ? 'yes' : 'no'} |`)
await postgres?.stop()
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1
