import { validateKinds } from '../otp/kind-registry/validate-kinds.js'
import type { Kind } from '../otp/kind-registry/kind.js'
import { lifecycleChecks } from './lifecycle-checks.js'
import { type KindFixture, createHarness } from './harness.js'
import { throttleChecks } from './throttle-checks.js'
import { tokenChecks } from './token-checks.js'

/** One thing that holds for every kind of device. `run` rejects with an AssertionError where it does not. */
export interface KindCheck {
  title: string
  /** Makes its own users and devices, and takes a second at most. */
  run(): Promise<void>
}

/**
 * Returns what every kind of device has to pass, built-in or custom, as checks for any test runner.
 * Each check creates a user and a device of its own, and they can run in any order.
 *
 * @param kind from `defineKind`
 * @param fixture how to add a device of it, and which tokens it accepts
 * @returns a title and a function for each; the function rejects with an AssertionError if the check fails
 * @throws SiteError of the registration, such as `kind_incomplete`
 * @example for (const { title, run } of kindContract(yubikey, fixture)) it(title, run)
 */
export function kindContract(kind: Kind, fixture: KindFixture): readonly KindCheck[] {
  validateKinds([kind])
  return [...tokenChecks, ...throttleChecks, ...lifecycleChecks].map(([title, check]) => ({
    title: `a ${kind.name} device ${title}`,
    run: async () => check(await createHarness(kind, fixture)),
  }))
}
