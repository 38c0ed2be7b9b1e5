/**
 * Why a token was rejected, if that is known and tells an attacker nothing. `already_used`: of
 * this device, and spent. `too_old`: it was right some minutes ago. `clock_off`, `out_of_step`:
 * during setup, the device's clock or counter is elsewhere. `code_expired`, `code_void`,
 * `no_code`: whatever was typed, this session has no code that works.
 */
export type Cause =
  Suspicion | 'already_used' | 'too_old' | 'clock_off' | 'out_of_step' | 'code_expired' | 'code_void' | 'no_code'

/** A rejection that means something is wrong with the device, though the token was right. */
export type Suspicion = 'counter_not_higher' | 'backup_changed'

const suspicions: readonly Suspicion[] = ['counter_not_higher', 'backup_changed']

export const isSuspicion = (cause: Cause): cause is Suspicion => suspicions.some((each) => each === cause)
