import type { PanelUser } from '../panel-user.js'

/** Properties that AdminJS itself reads outside of rules, and that can be missing. */
const OF_ADMINJS: ReadonlySet<string> = new Set(['title', 'theme', 'avatarUrl'])

/** Properties that plugins of AdminJS and JavaScript itself read and that can be missing. */
const OPTIONAL: ReadonlySet<string> = new Set([
  '_auth',
  'then',
  'constructor',
  'inspect',
  'asymmetricMatch',
  'nodeType',
  '$$typeof',
])

/** How often a missing property of each user was read. */
const missed = new WeakMap<PanelUser, number>()

/**
 * Wraps the user for the host's code. A rule written for another AdminJS can read properties that
 * do not exist here and compare `undefined`. Each such read is reported, and counted for
 * `readsMissing`.
 *
 * @param tell is called with the name whenever a missing property is read
 */
export function watchAdmin(user: PanelUser, tell: (name: string) => void): PanelUser {
  const watched: PanelUser = new Proxy(user, {
    get(target, name) {
      // The target is `this` for getters, because the proxy does not have its private fields.
      const value: unknown = Reflect.get(target, name)
      if (value !== undefined || typeof name !== 'string' || name in target || canBeMissing(name)) return value
      missed.set(watched, (missed.get(watched) ?? 0) + 1)
      tell(name)
      return undefined
    },
  })
  return watched
}

/** Rules that are running, because one can call AdminJS, which runs others. */
let running = 0

const canBeMissing = (name: string): boolean => OPTIONAL.has(name) || (running === 0 && OF_ADMINJS.has(name))

/**
 * Runs a rule of the host.
 *
 * @returns its result, and whether it read a property that does not exist
 */
export function readsMissing<Answer>(user: PanelUser, rule: () => Answer): { answer: Answer; missing: boolean } {
  const before = missed.get(user) ?? 0
  running += 1
  try {
    const answer = rule()
    return { answer, missing: (missed.get(user) ?? 0) > before }
  } finally {
    running -= 1
  }
}
