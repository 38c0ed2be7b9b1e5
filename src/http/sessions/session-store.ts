import type { Request } from 'express'
import session, { type SessionData } from 'express-session'
import type { Pool } from 'pg'
import type { Transaction } from 'sequelize'
import type { Clock } from '../../clock.js'
import { runStatement } from '../../db/run-statement.js'

/** NIST SP 800-63B-4 §2.2.3: a session without activity ends within the hour. */
export const INACTIVITY_SECONDS = 3600

/**
 * How long `expire` can be out of date. A session is written once a minute instead of once a request,
 * and can end this much too early.
 */
const TOUCH_EVERY_MS = 60_000
const TOUCHES_REMEMBERED = 10_000
const SWEEP_EVERY_MS = 15 * 60_000

/**
 * Checks a session's data as it is stored, before anything reads it. May remove fields.
 *
 * @returns false if the session cannot be used
 */
export type CheckSession = (data: SessionData) => boolean

/**
 * Stores express-session's sessions in the table `sessions`. A session that was loaded is only
 * ever updated, never inserted: a request that is still running when its session ends
 * (sign-out, a new ID) cannot bring the row back. All times come from the site's clock.
 */
export class SessionStore extends session.Store {
  readonly #pool: Pool
  readonly #clock: Clock
  readonly #check: CheckSession
  readonly #sweeping: NodeJS.Timeout
  /** When a loaded session was last seen, by its data. */
  readonly #seen = new WeakMap<object, Date>()
  readonly #loaded = new WeakSet<object>()
  /** Sessions that are being replaced; their rows are not deleted by `regenerate`. */
  readonly #left = new WeakSet<object>()
  readonly #written = new WeakMap<object, string>()
  readonly #touched = new Map<string, number>()

  constructor(pool: Pool, clock: Clock, check: CheckSession) {
    super()
    this.#pool = pool
    this.#clock = clock
    this.#check = check
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_EVERY_MS).unref()
  }

  /** Stops the deletion of expired sessions. The pool stays open. */
  close(): void {
    clearInterval(this.#sweeping)
  }

  /** Deletes expired sessions. If that fails, the next run does it. */
  #sweep(): void {
    const swept = this.#pool.query('delete from sessions where expire < $1', [this.#clock.now()])
    swept.catch(() => {})
  }

  override get(sid: string, done: (error: unknown, data?: SessionData | null) => void): void {
    this.#read(sid).then((data) => done(null, data), done)
  }

  async #read(sid: string): Promise<SessionData | null> {
    const { rows } = await this.#pool.query<{ sess: SessionData; expire: Date }>({
      name: 'read_session',
      // A row that expires too far ahead was written while a clock was wrong: its last use is unknown.
      text: `select sess, expire from sessions where sid = $1 and expire >= $2
        and expire <= $2::timestamptz + 2 * interval '1 hour'`,
      values: [sid, this.#clock.now()],
    })
    const [row] = rows
    if (!row || !this.#check(row.sess)) return null
    this.#seen.set(row.sess, new Date(row.expire.getTime() - INACTIVITY_SECONDS * 1000))
    return row.sess
  }

  override createSession(req: Parameters<session.Store['createSession']>[0], data: SessionData) {
    const seen = this.#seen.get(data)
    const loaded = super.createSession(req, data)
    this.#loaded.add(loaded)
    if (seen) this.#seen.set(loaded, seen)
    return loaded
  }

  /** Returns when a session was last used before this request, to the minute. Null if it begins with this request. */
  lastSeen({ session }: Pick<Request, 'session'>): Date | null {
    return this.#seen.get(session) ?? null
  }

  override set(sid: string, data: SessionData, done: (error?: unknown) => void = () => {}): void {
    this.#rememberTouch(sid)
    const text = JSON.stringify(data)
    // It was saved before its redirect, and express-session saves it again afterwards.
    if (this.#written.get(data) === text) return done()
    this.#written.set(data, text)
    const sql = this.#loaded.has(data) ? UPDATE : INSERT
    const stored = () => {
      // From now on a missing row means that the session was ended.
      this.#loaded.add(data)
      done()
    }
    this.#pool.query({ ...sql, values: [text, this.#expiry(), sid] }).then(stored, done)
  }

  /**
   * Replaces a request's session in one statement: the old row is deleted and a new one inserted.
   *
   * @param data the new session's data
   * @param options.transaction a rollback also undoes the statement, but not the change of `req.session`
   * @param options.afresh whether to start a session even if there is no old one, or it has ended
   * @returns false if the old session had already ended, so that nothing changed. If several requests
   *   replace one session at once, only one of them succeeds
   */
  async replace(
    req: Request,
    data: Partial<SessionData>,
    { transaction, afresh = false }: { transaction?: Transaction; afresh?: boolean } = {},
  ): Promise<boolean> {
    const { session, sessionID } = req
    let replaced = false
    try {
      await this.#leave(session)
      const text = JSON.stringify(Object.assign(req.session, data))
      const values = { text, expire: this.#expiry(), sid: req.sessionID, before: sessionID, afresh }
      replaced = (await runStatement({ pool: this.#pool }, transaction, REPLACE, values)).length === 1
      if (replaced) this.#written.set(req.session, text)
      // From now on a missing row means that the session was ended.
      if (replaced) this.#loaded.add(req.session)
      this.#rememberTouch(req.sessionID)
      return replaced
    } finally {
      // Also after an error: the new session must not be saved with the response.
      if (!replaced) Object.assign(req, { session, sessionID })
    }
  }

  /** Gives a request a new session without deleting the old row, which the caller's statement does. */
  #leave(session: Request['session']): Promise<void> {
    this.#left.add(session)
    // Called on the session, which has the request object that express-session uses (./sessions.ts).
    return new Promise<void>((resolve, reject) =>
      session.regenerate((error: unknown) => (error ? reject(error) : resolve())),
    ).finally(() => this.#left.delete(session))
  }

  /** Starts a new session for a request, and deletes the row of the old one, if there is one. */
  override regenerate(req: Request, done: (error?: unknown) => void): void {
    const hasRow = this.#loaded.has(req.session) && !this.#left.has(req.session)
    if (hasRow) return super.regenerate(req, done)
    req.sessionStore.generate(req)
    done()
  }

  override touch(sid: string, _data: SessionData, done: (error?: unknown) => void = () => {}): void {
    const since = this.#clock.now().getTime() - (this.#touched.get(sid) ?? 0)
    if (Math.abs(since) < TOUCH_EVERY_MS) return done()
    this.#rememberTouch(sid)
    this.#pool.query({ ...TOUCH, values: [this.#expiry(), sid] }).then(() => done(), done)
  }

  override destroy(sid: string, done: (error?: unknown) => void = () => {}): void {
    this.#pool.query({ ...DELETE, values: [sid] }).then(() => done(), done)
  }

  #expiry(): Date {
    return new Date(this.#clock.now().getTime() + INACTIVITY_SECONDS * 1000)
  }

  #rememberTouch(sid: string): void {
    if (this.#touched.size >= TOUCHES_REMEMBERED) this.#touched.clear()
    this.#touched.set(sid, this.#clock.now().getTime())
  }
}

const INSERT = {
  name: 'insert_session',
  text: `insert into sessions (sess, expire, sid) values ($1, $2, $3)
    on conflict (sid) do update set sess = excluded.sess, expire = excluded.expire`,
}
const UPDATE = { name: 'update_session', text: 'update sessions set sess = $1, expire = $2 where sid = $3' }
const DELETE = { name: 'delete_session', text: 'delete from sessions where sid = $1' }
const REPLACE = `
with ended as (delete from sessions where sid = $before returning sid)
insert into sessions (sess, expire, sid) select $text::json, $expire::timestamptz, $sid
where $afresh or exists (select from ended) returning sid`
const TOUCH = { name: 'touch_session', text: 'update sessions set expire = $1 where sid = $2' }
