import type { DeviceRow } from '../device.js'
import type { Failures, FailuresByDevice } from '../throttle/failures.js'
import type { Kind } from '../kind-registry/kind.js'
import type { FailedToken } from '../throttle/throttle.js'

/** A device's row and its owner's, both locked until the transaction ends. */
export interface LockedDevice {
  kind: Kind
  row: DeviceRow
  owner: OwnerFailures
  /** This device's consecutive failures. */
  failures: Failures[]
}

/** What was rejected of one owner, over all devices. */
export interface OwnerFailures {
  /** The last tokens of each lane, oldest first. */
  failed: FailedToken[]
  byDevice: FailuresByDevice
}
