import connectPgSimple from 'connect-pg-simple'
import type { Request } from 'express'
import session, { type SessionData } from 'express-session'
import type { Pool } from 'pg'

/** NIST SP 800-63B-4 §2.2.3: a session without activity ends within the hour. */
export const INACTIVITY_SECONDS = 3600

/** How stale `expire` may be: one write a minute and session, not one a request. */
const TOUCH_EVERY_MS = 60_000
const TOUCHES_REMEMBERED = 10_000

const PgStore = connectPgSimple(session)

/**
 * Sessions in PostgreSQL. Beside what connect-pg-simple does: a session that was loaded is
 * only ever updated, so that a request still under way when its session ends (sign-out, a
 * new id) cannot bring the row back.
 */
export class SessionStore extends PgStore {
  readonly #pool: Pool
  readonly #loaded = new WeakSet<object>()
  readonly #ended = new WeakSet<object>()
  readonly #written = new WeakMap<object, string>()
  readonly #touched = new Map<string, number>()

  constructor(pool: Pool) {
    super({
      pool,
      tableName: 'sessions',
      createTableIfMissing: false,
      ttl: INACTIVITY_SECONDS,
      pruneSessionInterval: 15 * 60,
    })
    this.#pool = pool
  }

  override createSession(req: Parameters<session.Store['createSession']>[0], data: SessionData) {
    const loaded = super.createSession(req, data)
    this.#loaded.add(loaded)
    return loaded
  }

  override set(sid: string, data: SessionData, done: (error?: unknown) => void = () => {}): void {
    this.#rememberTouch(sid)
    const text = JSON.stringify(data)
    // Saved before its redirect: express-session saves it once more behind it.
    if (this.#written.get(data) === text) return done()
    this.#written.set(data, text)
    if (!this.#loaded.has(data)) return super.set(sid, data, done)
    const expire = Date.now() / 1000 + INACTIVITY_SECONDS
    this.#pool
      .query('update sessions set sess = $1, expire = to_timestamp($2) where sid = $3', [text, expire, sid])
      .then(() => done(), done)
  }

  /** Ends a request's session. @returns false where it had ended already: of racers with one session, one gets true */
  async end({ session, sessionID }: Request): Promise<boolean> {
    const { rowCount } = await this.#pool.query('delete from sessions where sid = $1', [sessionID])
    this.#ended.add(session)
    return rowCount === 1
  }

  /** Gives a request a new session; the one it had is deleted, where there is a row of it. */
  override regenerate(req: Request, done: (error?: unknown) => void): void {
    const hasRow = this.#loaded.has(req.session) && !this.#ended.has(req.session)
    if (hasRow) return super.regenerate(req, done)
    req.sessionStore.generate(req)
    done()
  }

  override touch(sid: string, data: SessionData, done: () => void = () => {}): void {
    if (Date.now() - (this.#touched.get(sid) ?? 0) < TOUCH_EVERY_MS) return done()
    this.#rememberTouch(sid)
    super.touch(sid, data, done)
  }

  #rememberTouch(sid: string): void {
    if (this.#touched.size >= TOUCHES_REMEMBERED) this.#touched.clear()
    this.#touched.set(sid, Date.now())
  }
}
