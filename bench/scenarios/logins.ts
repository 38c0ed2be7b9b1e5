import { hash, verify } from '@node-rs/argon2'
import { systemClock } from '../../src/clock.js'
import { createDatabase } from '../databases.js'
import { inParallel, median } from '../numbers.js'
import { addPeople, createOtp, signIn } from '../people.js'
import type { Bench, Row } from '../scenario.js'
import { type BenchServer, type Probe, startServer } from '../start-server.js'

/** Logins between two looks at the process. */
const ROUND = 500
const ROUNDS = 3
const BROWSERS = 8

/** Full two-step logins in one process on PostgreSQL: what one costs, and what stays in memory. */
export async function logins(bench: Bench): Promise<Row[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const people = await addPeople(createOtp(database, systemClock), ROUND * ROUNDS)
  const before = await cpuOfHash()
  const server = await startServer(environment)
  const rounds: Round[] = []
  for (let round = 0; round < ROUNDS; round += 1)
    rounds.push(
      await measure(server, () =>
        inParallel(people.slice(round * ROUND, (round + 1) * ROUND), BROWSERS, (person) =>
          signIn(server.baseUrl, person),
        ),
      ),
    )
  await server.stop()
  await drop()
  const hashing = median([before, await cpuOfHash()])
  return [costRow(rounds.slice(1), hashing), memoryRow(rounds)]
}

interface Round {
  seconds: number
  /** Milliseconds of processor time. */
  cpu: number
  after: Probe
}

async function measure(server: BenchServer, work: () => Promise<void>): Promise<Round> {
  const { cpu } = await server.probe()
  const start = performance.now()
  await work()
  const after = await server.probe()
  return { seconds: (performance.now() - start) / 1000, cpu: after.cpu - cpu, after }
}

/** Milliseconds of processor time for one hash at the library's defaults, with nothing else in the process. */
async function cpuOfHash(): Promise<number> {
  const stored = await hash('correct horse battery')
  const measured: number[] = []
  while (measured.length < 10) {
    const start = process.cpuUsage()
    for (let count = 0; count < 20; count += 1) await verify(stored, 'correct horse battery')
    const { user, system } = process.cpuUsage(start)
    measured.push((user + system) / 1000 / 20)
  }
  return median(measured)
}

/** The first round warmed the process up. */
function costRow(rounds: readonly Round[], hashing: number): Row {
  const cpu = median(rounds.map((round) => round.cpu / ROUND))
  const perSecond = Math.max(...rounds.map((round) => ROUND / round.seconds))
  const ratio = cpu / hashing
  return {
    what: 'full two-step logins on PostgreSQL, one process: CPU per login',
    must: '≤ 1.25 × one argon2id hash',
    measured: `${ratio.toFixed(2)} × (${cpu.toFixed(2)} ms; one hash ${hashing.toFixed(2)} ms), ${Math.round(perSecond)} logins/s`,
    ok: ratio <= 1.25,
  }
}

function memoryRow(rounds: readonly Round[]): Row {
  const megabytes = rounds.map(({ after }) => Math.round(after.memory / 1e6))
  const [, second = NaN, third = NaN] = megabytes
  return {
    what: 'resident memory after 500, 1,000 and 1,500 logins on PostgreSQL',
    must: '≤ 220 MB and flat',
    measured: `${megabytes.join(', ')} MB`,
    ok: Math.max(second, third) <= 220 && third <= second * 1.05,
  }
}
