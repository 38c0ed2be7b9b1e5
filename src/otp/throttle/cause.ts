/**
 * Why a token was rejected, if that is known and does not help an attacker. `already_used`: the
 * token is from this device and was used before. `too_old`: it was valid some minutes ago.
 * `clock_off`, `out_of_step`: during setup, the device's clock or counter differs too much.
 * `code_expired`, `code_void`, `no_code`: this session has no valid code, so no input is accepted.
 */
export type Cause =
  Suspicion | 'already_used' | 'too_old' | 'clock_off' | 'out_of_step' | 'code_expired' | 'code_void' | 'no_code'

/** A rejection of a correct token because something is wrong with the device. */
export type Suspicion = 'counter_not_higher' | 'backup_changed'

const suspicions: readonly Suspicion[] = ['counter_not_higher', 'backup_changed']

export const isSuspicion = (cause: Cause): cause is Suspicion => suspicions.some((each) => each === cause)
