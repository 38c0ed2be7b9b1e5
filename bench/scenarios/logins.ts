import path from 'node:path'
import { hash, verify } from '@node-rs/argon2'
import { systemClock } from '../../src/clock.js'
import { packageRoot } from '../../src/package-root.js'
import { createDatabase } from '../databases.js'
import { formatThousands, inParallel, median } from '../stats.js'
import { addUsers, createOtp, type BenchUser, signIn } from '../users.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { type BenchServer, startServer } from '../start-server.js'

/** Logins between two looks at the process. In the first rounds V8 still compiles. */
const ROUND = 500
const ROUNDS = 6
const BROWSERS = 8

/** What Express, pg and the hash take for the same requests and as many statements, and nothing else. */
const BARE = [path.join(packageRoot, 'bench', 'bare-login.mjs')]

/** Full two-step logins in one process on PostgreSQL: what one costs, and what stays in memory. */
export async function logins(bench: BenchContext): Promise<ResultRow[]> {
  const rounds = await signInMany(bench)
  const bare = await signInMany(bench, BARE)
  return [costRow(rounds, bare), memoryRow(rounds)]
}

async function signInMany(bench: BenchContext, program?: string[]): Promise<Round[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const people = await addUsers(createOtp(database, systemClock), ROUND * ROUNDS)
  const server = await startServer(environment, program)
  const rounds: Round[] = []
  while (people.length > 0) rounds.push(await measure(server, people.splice(0, ROUND)))
  await server.stop()
  await drop()
  return rounds
}

interface Round {
  perSecond: number
  /** Milliseconds of the server's processor time for one login. */
  cpu: number
  /** And for one hash, just before and after. */
  hash: number
  /** Bytes resident after it. */
  memory: number
}

async function measure(server: BenchServer, people: readonly BenchUser[]): Promise<Round> {
  const hashBefore = await cpuOfHash()
  const before = await server.probe()
  const start = performance.now()
  await inParallel(people, BROWSERS, (person) => signIn(server.baseUrl, person))
  const perSecond = people.length / ((performance.now() - start) / 1000)
  const after = await server.probe()
  const hash = (hashBefore + (await cpuOfHash())) / 2
  return { perSecond, cpu: (after.cpu - before.cpu) / people.length, hash, memory: after.memory }
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

const ratioOf = ({ cpu, hash }: Round) => cpu / hash

/** Of the least disturbed round: neighbours make the same work cost more, never less. */
function costRow(rounds: readonly Round[], bare: readonly Round[]): ResultRow {
  const ratio = Math.min(...rounds.map(ratioOf))
  const best = rounds.find((round) => ratioOf(round) === ratio)
  const perSecond = Math.max(...rounds.map((round) => round.perSecond))
  return {
    what: 'full two-step logins on PostgreSQL, one process: CPU per login',
    must: '≤ 1.25 × one argon2id hash',
    measured: `${ratio.toFixed(2)} × (${best?.cpu.toFixed(1)} ms, one hash ${best?.hash.toFixed(1)} ms; without all that makes it safe ${Math.min(...bare.map(ratioOf)).toFixed(2)} ×), ${perSecond.toFixed(0)} logins/s`,
    ok: ratio <= 1.25,
  }
}

function memoryRow(rounds: readonly Round[]): ResultRow {
  const megabytes = rounds.map(({ memory }) => Math.round(memory / 1e6))
  const [, second = NaN, ...later] = megabytes
  const last = later.at(-1) ?? NaN
  return {
    what: `resident memory after every 500 of ${formatThousands(ROUND * ROUNDS)} logins on PostgreSQL`,
    must: '≤ 220 MB and flat',
    measured: `${megabytes.join(', ')} MB`,
    ok: Math.max(second, ...later) <= 220 && last <= second * 1.05,
  }
}
