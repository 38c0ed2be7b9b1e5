import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { packageRoot } from '../src/package-root.js'

const processStats = z.object({
  /** Milliseconds of CPU time since the process started, in all threads. */
  cpu: z.number(),
  /** Resident memory in bytes. */
  memory: z.number(),
  /** Delays of the event loop in milliseconds. */
  delay: z.object({ p99: z.number(), max: z.number() }),
})

export type ProcessStats = z.output<typeof processStats>

export interface BenchServer {
  baseUrl: string
  /** Reads the statistics of the process. `watch` starts measuring delays of its event loop. */
  probe(question?: 'read' | 'watch'): Promise<ProcessStats>
  stop(): Promise<void>
}

/** The key with which the bench seals device secrets before the server opens them. */
export const SECRET_KEY = Buffer.alloc(32, 7)

const PROGRAM = [path.join(packageRoot, 'dist/app/otp-admin.js'), 'serve']

/**
 * Starts the built program as `npm start` does, and waits until it has printed its URL. Its log is
 * discarded.
 *
 * @param program another program, with its arguments
 */
export async function startServer(environment: Record<string, string>, program = PROGRAM): Promise<BenchServer> {
  const probe = path.join(packageRoot, 'bench', 'probe.mjs')
  const child = spawn(process.execPath, ['--import', probe, ...program], {
    env: { PATH: process.env['PATH'], PORT: '0', SECRET_KEYS: SECRET_KEY.toString('base64'), ...environment },
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  })
  const exit = once(child, 'exit')
  return {
    baseUrl: await readAddress(child),
    async probe(question = 'read') {
      const message = once(child, 'message')
      child.send(question)
      return processStats.parse((await message)[0])
    },
    async stop() {
      child.kill('SIGTERM')
      await exit
    },
  }
}

async function readAddress({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('The server has no standard output.')
  for await (const line of createInterface(stdout)) {
    const address = /^Address: (.*)\/admin$/.exec(line)?.[1]
    // `localhost` can resolve to an IPv6 address first, and the server listens on this one.
    if (address) return address.replace('localhost', '127.0.0.1')
  }
  throw new Error('The server exited before it had printed its URL.')
}
