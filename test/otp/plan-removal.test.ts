import fc from 'fast-check'
import { describe, it } from 'vitest'
import { isSecondFactorKind, type Demand, requiredKind, type Policy } from '../../src/auth/policy/policy.js'
import type { Device } from '../../src/otp/device.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { persistentId } from '../../src/otp/devices/persistent-id.js'
import { mustKeepDevice, planRemoval } from '../../src/otp/devices/remove-device.js'

const names = builtInKinds.map(({ name }) => name)
const factors = names.filter((name) => name !== 'static')
/** With a kind that only another process registered. */
const allNames = [...names, 'ghost']
const states = ['active', 'disabled', 'unconfirmed'] as const
type State = (typeof states)[number]

function deviceOf(id: number, kind: string, state: State): Device {
  return {
    id,
    kind,
    persistentId: persistentId(kind, id),
    userId: 1,
    name: kind,
    confirmed: state === 'active',
    state,
    disabledReason: state === 'disabled' ? 'administrator' : null,
    disabledAt: null,
    interactive: false,
    isBackup: kind === 'static',
    input: 'digits',
    createdAt: new Date(0),
    lastUsedAt: null,
    lastUsedFrom: null,
  }
}

interface Someone {
  devices: Device[]
  /** The one to be removed. */
  device: Device
  otp: { kinds: typeof builtInKinds }
  policy: Policy
}

const named = fc.tuple(fc.constantFrom(...allNames), fc.constantFrom<State>(...states))

/** Someone with any devices, any kinds in use and any policy. */
const someone: fc.Arbitrary<Someone> = fc
  .record({
    first: named,
    others: fc.array(named, { maxLength: 5 }),
    off: fc.subarray(factors, { maxLength: 2 }),
    accepted: fc.option(fc.subarray(factors, { minLength: 1 }), { nil: null }),
    demand: fc.constantFrom<Demand>('off', 'staff', 'everyone', 'strict'),
    isStaff: fc.boolean(),
  })
  .map(({ first, others, off, accepted, demand, isStaff }) => {
    const device = deviceOf(1, ...first)
    const devices = [device, ...others.map((other, index) => deviceOf(index + 2, ...other))]
    const demanded = demand !== 'off' && (isStaff || demand !== 'staff')
    const policy: Policy = { demand, demanded, graceDays: 0, kinds: accepted, everyKind: builtInKinds }
    return { devices, device, otp: { kinds: builtInKinds.filter(({ name }) => !off.includes(name)) }, policy }
  })

/** Searches for a counterexample. */
function expectAlways(holds: (one: Someone) => boolean): void {
  fc.assert(fc.property(someone, holds), { numRuns: 5000 })
}

const isUsable = ({ kinds }: Someone['otp'], { confirmed, kind }: Device) =>
  confirmed && kinds.some(({ name }) => name === kind)

/** What is left once the device was removed, or the devices as they are if it has to stay. */
function removeFrom({ otp, devices, device, policy }: Someone) {
  const stays = mustKeepDevice(otp, devices, device, requiredKind(policy))
  const { alsoRemoved } = planRemoval(otp, devices, device)
  const removed = stays ? [] : [device, ...alsoRemoved]
  return { stays, removed, left: devices.filter((each) => !removed.includes(each)) }
}

describe('a device of someone with any devices, kinds in use and policy', () => {
  it('is never removed if the policy requires it and no other one is accepted', () => {
    expectAlways((one) => {
      const isAccepted = (each: Device) => isUsable(one.otp, each) && isSecondFactorKind(one.policy, each.kind)
      const had = one.devices.some((each) => isAccepted(each))
      return !one.policy.demanded || !had || removeFrom(one).left.some((each) => isAccepted(each))
    })
  })

  it('never leaves its owner only unusable devices, if there was a usable one', () => {
    expectAlways((one) => {
      const hadUsable = one.devices.some((each) => isUsable(one.otp, each))
      const left = removeFrom(one).left.filter(({ state }) => state !== 'unconfirmed')
      return !hadUsable || left.length === 0 || left.some((each) => isUsable(one.otp, each))
    })
  })

  it('is removed with no other usable device except backup tokens, and with no unfinished setup', () => {
    expectAlways((one) => {
      const { alsoRemoved } = planRemoval(one.otp, one.devices, one.device)
      const canBeRemoved = (each: Device) => each.kind === 'static' || !isUsable(one.otp, each)
      return alsoRemoved.every((each) => each !== one.device && each.state !== 'unconfirmed' && canBeRemoved(each))
    })
  })

  it('is called the last one exactly if no other is usable, apart from backup tokens', () => {
    expectAlways((one) => {
      const { leavesNone } = planRemoval(one.otp, one.devices, one.device)
      const others = one.devices.filter((each) => each !== one.device && isUsable(one.otp, each))
      const isLast = one.device.kind === 'static' ? others.length === 0 : others.every(({ kind }) => kind === 'static')
      return leavesNone === (one.device.confirmed && isLast)
    })
  })

  it('can always be removed while it is not active, and is removed alone', () => {
    expectAlways((one) => {
      const { stays, removed } = removeFrom(one)
      return one.device.confirmed || (!stays && removed.length === 1)
    })
  })

  it('leaves an accepted one even if its owner removes all devices, one after the other', () => {
    expectAlways((one) => {
      const isAccepted = (each: Device) => isUsable(one.otp, each) && isSecondFactorKind(one.policy, each.kind)
      const had = one.devices.some((each) => isAccepted(each))
      const left = one.devices.reduce(
        (devices, device) => (devices.includes(device) ? removeFrom({ ...one, devices, device }).left : devices),
        one.devices,
      )
      return !one.policy.demanded || !had || left.some((each) => isAccepted(each))
    })
  })
})
