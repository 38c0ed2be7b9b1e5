import type { Request } from 'express'
import type { TypedLogin } from '../otp/password-waits.js'
import type { Auth } from './auth.js'

/**
 * Passwords of one login that a process checks at once. An attempt is counted as a failure until
 * it succeeds, so this stays well below the number of failures that cost no wait
 * (password-statements.ts): many correct passwords at once, or an outage during them, must
 * not make anyone wait. Hashes are computed two at a time anyway.
 */
const AT_ONCE = 4

interface Queue {
  running: number
  waiting: (() => void)[]
}

const queues = new WeakMap<Auth, Map<TypedLogin, Queue>>()

/** Waits for this login's turn. The turn ends when the response was sent or the request was aborted. */
export async function queueAttempt(auth: Auth, { res }: Request, login: TypedLogin): Promise<void> {
  const ofSite = queues.get(auth) ?? new Map<TypedLogin, Queue>()
  queues.set(auth, ofSite)
  const queue = ofSite.get(login) ?? { running: 0, waiting: [] }
  ofSite.set(login, queue)
  if (queue.running < AT_ONCE) queue.running += 1
  else await new Promise<void>((resolve) => queue.waiting.push(resolve))
  const leave = once(() => {
    const next = queue.waiting.shift()
    if (next) return next()
    queue.running -= 1
    if (queue.running === 0) ofSite.delete(login)
  })
  if (!res || res.closed) return leave()
  res.once('finish', leave).once('close', leave)
}

function once(run: () => void): () => void {
  let ran = false
  return () => {
    if (ran) return
    ran = true
    run()
  }
}
