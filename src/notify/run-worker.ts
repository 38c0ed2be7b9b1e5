import { EventEmitter } from 'node:events'
import type { LogFunctionFactory, Worker, WorkerEvents } from 'graphile-worker'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { Database } from '../db/connect.js'
import { errorForLog } from '../error-for-log.js'
import { within } from '../within.js'
import { handleJobFailure } from './handle-job-failure.js'
import type { NotifyServices } from './notify.js'
import { sleep } from './sleep.js'
import { superviseRunner, type Workers } from './supervise-runner.js'
import { taskList } from './tasks/index.js'
import { unlockDeadWorkers } from './unlock-dead-workers.js'

/** Milliseconds between two heartbeats of a worker. */
const BEAT = 5_000
/** Seconds without a heartbeat after which a worker is considered killed. */
const DEAD_AFTER = 15
/** Milliseconds between two polls. LISTEN is faster but does not work over the embedded database's socket. */
const POLL = 1_000
/** Milliseconds that a running delivery gets when the worker stops; then its job is returned to the queue. */
const FINISH = 2_000
/** Milliseconds that stopping takes at most. Jobs not returned by then are treated as those of a killed process. */
const STOP = 3_000

export interface RunningWorker {
  /** Starts no new jobs, and finishes running jobs or returns them to the queue. The gateway can be closed afterwards. */
  stop(): Promise<void>
}

interface State {
  /** IDs of this process's workers. */
  workers: Set<string>
  /** Queries started by events, which only `stop` waits for. */
  following: Set<Promise<void>>
}

/** Runs the jobs that `enqueue` added, in this process. Any number of processes can do so on the same database. */
export function runWorker(notify: NotifyServices): RunningWorker {
  const stopping = new AbortController()
  const state: State = { workers: new Set(), following: new Set() }
  const running = superviseRunner(() => startWorkers(notify, state), notify.log, stopping.signal)
  const watching = notify.embedded ? undefined : watchWorkers(notify, state, stopping.signal)
  const stop = async () => {
    const workers = [...state.workers]
    stopping.abort()
    await running
    await watching
    await Promise.all(state.following)
    // If the database is gone, the heartbeat cannot be deleted and expires.
    if (!notify.embedded) await removeHeartbeat(notify.database.pool, workers).catch(() => undefined)
  }
  return { stop: () => within(STOP, stop()) }
}

async function startWorkers(notify: NotifyServices, state: State): Promise<Workers> {
  // Loaded after the first page can be served, because it takes longer to load than the rest of this folder.
  const { Logger, runTaskList } = await import('graphile-worker')
  if (notify.embedded) await unlockDeadWorkers(notify.database, 0)
  const { events, lost } = listen(notify, state)
  if (notify.embedded) startAtOnce(notify.database, events)
  // Not `run`: it also starts a scheduler and creates promises without a rejection handler. If a
  // connection broke while they were pending, this process would end.
  const pool = runTaskList(
    {
      schema: notify.database.jobsSchema,
      events,
      logger: new Logger(logJobs(notify.log)),
      noHandleSignals: true,
      pollInterval: POLL,
      // A gateway that hangs blocks one worker for eight seconds; the others continue.
      concurrency: 4,
      gracefulShutdownAbortTimeout: FINISH,
    },
    taskList(notify),
    notify.database.pool,
  )
  return { pool, lost }
}

function listen(notify: NotifyServices, { workers, following }: State): { events: WorkerEvents; lost: Promise<void> } {
  const { database, log } = notify
  const follow = (work: Promise<void>) => {
    const rest = work
      .catch((error: unknown) => log.error({ err: errorForLog(error) }, 'could not process the result of a job'))
      .finally(() => following.delete(rest))
    following.add(rest)
  }
  const events: WorkerEvents = new EventEmitter()
  events.on('worker:create', ({ worker }) => {
    workers.add(worker.workerId)
    if (!notify.embedded) follow(sendHeartbeat(database.pool, [worker.workerId]))
  })
  events.on('worker:stop', ({ worker }) => workers.delete(worker.workerId))
  events.on('job:complete', ({ job, error }) => {
    if (error) follow(handleJobFailure(notify, job, error))
  })
  return { events, lost: untilLost(events) }
}

/** Wakes an idle worker when this process has added a job. A released worker cannot be woken. */
function startAtOnce({ jobs }: Database, events: WorkerEvents): void {
  const active = new Set<Worker>()
  const wake = () => void [...active].some((worker) => worker.nudge())
  events.on('worker:create', ({ worker }) => active.add(worker))
  events.on('worker:release', ({ worker }) => active.delete(worker))
  // Once there is a worker, there is a pool, which is shut down in every case.
  events.once('worker:create', () => jobs.on('added', wake))
  events.on('pool:gracefulShutdown', () => jobs.off('added', wake))
}

/**
 * Resolves when workers must be replaced. graphile-worker loses a worker permanently if the
 * connection breaks at the end of a job, and all workers if it breaks before the first poll
 * has succeeded.
 */
async function untilLost(events: WorkerEvents): Promise<void> {
  let hasPolled = false
  events.once('worker:getJob:empty', () => (hasPolled = true)).once('job:start', () => (hasPolled = true))
  await new Promise<void>((resolve) => {
    events.once('worker:fatalError', () => resolve())
    events.on('worker:getJob:error', () => {
      if (!hasPolled) resolve()
    })
  })
}

async function watchWorkers(notify: NotifyServices, { workers }: State, stopping: AbortSignal): Promise<void> {
  const { log, database } = notify
  do {
    try {
      await sendHeartbeat(database.pool, workers)
      const jobs = await unlockDeadWorkers(database, DEAD_AFTER)
      if (jobs > 0) log.warn({ jobs }, 'released the jobs of a killed process')
    } catch (error) {
      log.error({ err: errorForLog(error) }, 'could not send the worker heartbeat')
    }
  } while (await sleep(BEAT, stopping))
}

const levels: Readonly<Record<string, 'error' | 'warn' | 'debug'>> = { error: 'error', warning: 'warn' }

/** Writes graphile-worker's messages to the site's log, except failures: handle-job-failure.ts logs those without the payload. */
function logJobs(log: Logger): LogFunctionFactory {
  return ({ workerId, jobId }) =>
    (level, message, meta) => {
      if (meta?.['failure'] !== true) log[levels[level] ?? 'debug']({ workerId, jobId }, message)
    }
}

/** Records that these workers are alive. */
async function sendHeartbeat(pool: Pool, workers: Iterable<string>): Promise<void> {
  await pool.query(
    `insert into job_processes (worker_id, seen_at) select unnest($1::text[]), now()
     on conflict (worker_id) do update set seen_at = excluded.seen_at`,
    [[...workers]],
  )
}

/** Removes the heartbeats of workers that stopped in an orderly way. */
async function removeHeartbeat(pool: Pool, workers: Iterable<string>): Promise<void> {
  await pool.query('delete from job_processes where worker_id = any($1)', [[...workers]])
}
