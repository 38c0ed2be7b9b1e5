import path from 'node:path'
import { hash, verify } from '@node-rs/argon2'
import { systemClock } from '../../src/clock.js'
import { packageRoot } from '../../src/package-root.js'
import { createDatabase } from '../databases.js'
import { formatThousands, inParallel, median } from '../stats.js'
import { addUsers, createOtp, type BenchUser, signIn } from '../users.js'
import type { BenchContext, ResultRow } from '../scenario.js'
import { type BenchServer, startServer } from '../start-server.js'

/** The number of sign-ins in a round. In the first rounds, V8 still compiles. */
const ROUND = 500
const ROUNDS = 6
const BROWSERS = 8

/** Express, pg and the hash, with the same requests and as many statements, and nothing else. */
const BASELINE = [path.join(packageRoot, 'bench', 'baseline-login.mjs')]

/** Measures the CPU time and the memory of full two-step sign-ins in one process on PostgreSQL. */
export async function logins(bench: BenchContext): Promise<ResultRow[]> {
  const rounds = await signInMany(bench)
  const baseline = await signInMany(bench, BASELINE)
  return [costRow(rounds, baseline), memoryRow(rounds)]
}

async function signInMany(bench: BenchContext, program?: string[]): Promise<Round[]> {
  const { database, environment, drop } = await createDatabase(bench)
  const users = await addUsers(createOtp(database, systemClock), ROUND * ROUNDS)
  const server = await startServer(environment, program)
  const rounds: Round[] = []
  while (users.length > 0) rounds.push(await measure(server, users.splice(0, ROUND)))
  await server.stop()
  await drop()
  return rounds
}

interface Round {
  perSecond: number
  /** Milliseconds of the server's CPU time for one sign-in. */
  cpu: number
  /** The same for one hash, measured just before and after. */
  hash: number
  /** Resident memory after the round, in bytes. */
  memory: number
}

async function measure(server: BenchServer, users: readonly BenchUser[]): Promise<Round> {
  const hashBefore = await cpuOfHash()
  const before = await server.probe()
  const start = performance.now()
  await inParallel(users, BROWSERS, (user) => signIn(server.baseUrl, user))
  const perSecond = users.length / ((performance.now() - start) / 1000)
  const after = await server.probe()
  const hash = (hashBefore + (await cpuOfHash())) / 2
  return { perSecond, cpu: (after.cpu - before.cpu) / users.length, hash, memory: after.memory }
}

/** Measures the milliseconds of CPU time for one hash with the library's defaults. */
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

/** Reports the least disturbed round, because other processes only make the same work slower. */
function costRow(rounds: readonly Round[], baseline: readonly Round[]): ResultRow {
  const ratio = Math.min(...rounds.map(ratioOf))
  const best = rounds.find((round) => ratioOf(round) === ratio)
  const perSecond = Math.max(...rounds.map((round) => round.perSecond))
  return {
    what: 'full two-step sign-ins on PostgreSQL, one process: CPU per sign-in',
    target: '≤ 1.25 × one argon2id hash',
    measured: `${ratio.toFixed(2)} × (${best?.cpu.toFixed(1)} ms, one hash ${best?.hash.toFixed(1)} ms; without the security checks ${Math.min(...baseline.map(ratioOf)).toFixed(2)} ×), ${perSecond.toFixed(0)} sign-ins/s`,
    ok: ratio <= 1.25,
  }
}

function memoryRow(rounds: readonly Round[]): ResultRow {
  const megabytes = rounds.map(({ memory }) => Math.round(memory / 1e6))
  const [, second = NaN, ...later] = megabytes
  const last = later.at(-1) ?? NaN
  return {
    what: `resident memory after every 500 of ${formatThousands(ROUND * ROUNDS)} sign-ins on PostgreSQL`,
    target: '≤ 220 MB and flat',
    measured: `${megabytes.join(', ')} MB`,
    ok: Math.max(second, ...later) <= 220 && last <= second * 1.05,
  }
}
