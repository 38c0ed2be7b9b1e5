import { validateKinds } from '../otp/kind-registry/validate-kinds.js'
import type { Kind } from '../otp/kind-registry/kind.js'
import { challengeChecks } from './challenge-checks.js'
import { lifecycleChecks } from './lifecycle-checks.js'
import { type KindFixture, createHarness } from './harness.js'
import { throttleChecks } from './throttle-checks.js'
import { tokenChecks } from './token-checks.js'

/** One requirement for every kind of device. `run` rejects with an AssertionError if it is not met. */
export interface KindCheck {
  title: string
  /** Creates its own users and devices, and takes at most a second. */
  run(): Promise<void>
}

/**
 * Returns the checks that every kind of device must pass, built-in or custom, for any test runner.
 * Each check creates its own user and device. The checks can run in any order.
 *
 * @param kind from `defineKind`
 * @param fixture how to add a device of it, and which tokens it accepts
 * @returns a title and a function for each; the function rejects with an AssertionError if the check fails
 * @throws SiteError of the registration, such as `kind_incomplete`
 * @example for (const { title, run } of kindContract(yubikey, fixture)) it(title, run)
 */
export function kindContract(kind: Kind, fixture: KindFixture): readonly KindCheck[] {
  validateKinds([kind])
  const answers = kind.answersChallenge ? challengeChecks : []
  return [...tokenChecks, ...answers, ...throttleChecks, ...lifecycleChecks].map(([title, check]) => ({
    title: `a ${kind.name} device ${title}`,
    run: async () => check(await createHarness(kind, fixture)),
  }))
}
