import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { packageRoot } from '../src/package-root.js'

const probeAnswer = z.object({
  /** Milliseconds of processor time since the process began, all its threads together. */
  cpu: z.number(),
  /** Bytes resident. */
  memory: z.number(),
  /** Milliseconds that the event loop was late. */
  delay: z.object({ p99: z.number(), max: z.number() }),
})

export type ProcessStats = z.output<typeof probeAnswer>

export interface BenchServer {
  baseUrl: string
  /** Asks the process about itself; `watch` begins to measure delays of its event loop. */
  probe(question?: 'read' | 'watch'): Promise<ProcessStats>
  stop(): Promise<void>
}

/** Keys that the bench seals device secrets with before the server opens them. */
export const SECRET_KEY = Buffer.alloc(32, 7)

const PROGRAM = [path.join(packageRoot, 'dist/app/otp-admin.js'), 'serve']

/**
 * Starts the built program as `npm start` does and resolves when it has printed its
 * address. It logs as usual, into nothing.
 *
 * @param program another one, with its arguments
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
      const answer = once(child, 'message')
      child.send(question)
      return probeAnswer.parse((await answer)[0])
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
    // `localhost` may be another machine's address first; the server listens on this one.
    if (address) return address.replace('localhost', '127.0.0.1')
  }
  throw new Error('The server ended before it had printed its address.')
}
