import { EventEmitter } from 'node:events'
import type { WorkerEvents } from 'graphile-worker'
import { afterJob } from './after-job.js'
import { beat, leave } from './heartbeat.js'
import { logJobs } from './log-jobs.js'
import type { Notify } from './notify.js'
import { pause } from './pause.js'
import { superviseRunner, type Workers } from './supervise-runner.js'
import { taskList } from './tasks/index.js'
import { unlockDeadWorkers } from './unlock-dead-workers.js'
import { within } from '../within.js'
import { faultForLog } from '../fault-for-log.js'

/** Milliseconds between two heartbeats of a worker. */
const BEAT = 5_000
/** Seconds without a heartbeat after which a worker counts as killed. */
const DEAD_AFTER = 15
/** Milliseconds between two looks for work; LISTEN is quicker but does not cross the embedded socket. */
const POLL = 1_000
/** Milliseconds that a delivery under way has when the worker stops; then it is given back. */
const FINISH = 2_000
/** Milliseconds that stopping takes at most. Jobs that could not be given back by then count as those of a killed process. */
const STOP = 3_000

export interface RunningWorker {
  /** Finishes or gives back what is under way, and takes nothing new. The gateway can be closed after it. */
  stop(): Promise<void>
}

interface State {
  /** Ids of this process's workers. */
  workers: Set<string>
  /** Queries that events began and nobody waits for. */
  following: Set<Promise<void>>
}

/** Delivers what `enqueue` left, in this process, beside any number of others on the same database. */
export function runWorker(notify: Notify): RunningWorker {
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
    // A heartbeat that cannot be taken back (the database is gone) expires.
    if (!notify.embedded) await leave(notify.database.pool, workers).catch(() => undefined)
  }
  return { stop: () => within(STOP, stop()) }
}

async function startWorkers(notify: Notify, state: State): Promise<Workers> {
  // Loaded after the first page can be served: it takes longer than the rest of this floor.
  const { Logger, runTaskList } = await import('graphile-worker')
  if (notify.embedded) await unlockDeadWorkers(notify.database, 0)
  const { events, lost } = listen(notify, state)
  // Not `run`: it starts a scheduler, too, and derives promises that nobody handles. A
  // connection that breaks while they are pending would end this process.
  const pool = runTaskList(
    {
      schema: notify.database.jobsSchema,
      events,
      logger: new Logger(logJobs(notify.log)),
      noHandleSignals: true,
      pollInterval: POLL,
      // A gateway that hangs holds one back for eight seconds; the others go on.
      concurrency: 4,
      gracefulShutdownAbortTimeout: FINISH,
    },
    taskList(notify),
    notify.database.pool,
  )
  return { pool, lost }
}

function listen(notify: Notify, { workers, following }: State): { events: WorkerEvents; lost: Promise<void> } {
  const { database, log } = notify
  const follow = (work: Promise<void>) => {
    const rest = work
      .catch((fault: unknown) => log.error({ err: faultForLog(fault) }, 'could not process the result of a job'))
      .finally(() => following.delete(rest))
    following.add(rest)
  }
  const events: WorkerEvents = new EventEmitter()
  events.on('worker:create', ({ worker }) => {
    workers.add(worker.workerId)
    if (!notify.embedded) follow(beat(database.pool, [worker.workerId]))
  })
  events.on('worker:stop', ({ worker }) => workers.delete(worker.workerId))
  events.on('job:complete', ({ job, error }) => {
    if (error) follow(afterJob(notify, job, error))
  })
  return { events, lost: untilLost(events) }
}

/**
 * graphile-worker loses a worker for good if the connection breaks at the end of a job. If it
 * breaks before its first look for work has succeeded, all of them keep that failure for ever.
 */
async function untilLost(events: WorkerEvents): Promise<void> {
  let hasLooked = false
  events.once('worker:getJob:empty', () => (hasLooked = true)).once('job:start', () => (hasLooked = true))
  await new Promise<void>((resolve) => {
    events.once('worker:fatalError', () => resolve())
    events.on('worker:getJob:error', () => {
      if (!hasLooked) resolve()
    })
  })
}

async function watchWorkers(notify: Notify, { workers }: State, stopping: AbortSignal): Promise<void> {
  const { log, database } = notify
  do {
    try {
      await beat(database.pool, workers)
      const jobs = await unlockDeadWorkers(database, DEAD_AFTER)
      if (jobs > 0) log.warn({ jobs }, 'released the jobs of a killed process')
    } catch (error) {
      log.error({ err: faultForLog(error) }, 'could not send the worker heartbeat')
    }
  } while (await pause(BEAT, stopping))
}
