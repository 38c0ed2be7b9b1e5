import type { PanelUser } from '../panel-user.js'

/** What AdminJS, its plugins and JavaScript itself look for, and do without where it is missing. */
const OPTIONAL: ReadonlySet<string> = new Set([
  'title',
  'theme',
  'avatarUrl',
  '_auth',
  'then',
  'constructor',
  'inspect',
  'asymmetricMatch',
  'nodeType',
  '$$typeof',
])

/** How often somebody was asked for a property that he does not have. */
const missed = new WeakMap<PanelUser, number>()

/**
 * The person as the host's code sees him. A rule that was written for another AdminJS asks
 * for properties that are not here, and compares what it gets with `undefined`: each such
 * name is told, and counted for `readsMissing`.
 *
 * @param tell called at every look at a name that there is not
 */
export function watchAdmin(user: PanelUser, tell: (name: string) => void): PanelUser {
  const watched: PanelUser = new Proxy(user, {
    get(target, name) {
      // With the user himself as `this`: a private field is not the proxy's.
      const value: unknown = Reflect.get(target, name)
      if (value !== undefined || typeof name !== 'string' || name in target || OPTIONAL.has(name)) return value
      missed.set(watched, (missed.get(watched) ?? 0) + 1)
      tell(name)
      return undefined
    },
  })
  return watched
}

/**
 * Runs a rule of the host.
 *
 * @returns its answer, and whether it looked for a property that the person does not have
 */
export function readsMissing<Answer>(user: PanelUser, rule: () => Answer): { answer: Answer; missing: boolean } {
  const before = missed.get(user) ?? 0
  const answer = rule()
  return { answer, missing: (missed.get(user) ?? 0) > before }
}
