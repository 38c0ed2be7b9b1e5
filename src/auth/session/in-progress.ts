import type { Request } from 'express'
import type { SessionData } from 'express-session'

/** Codes and setups that a session stores at most. The oldest ones are dropped. */
const MAX = 5

/**
 * Stores the code that this session requested from a device. Codes from other devices stay
 * valid, because they may arrive even if this one does not.
 */
export function noteChallenge({ session }: Request, challenge: SessionData['challenge']): void {
  session.otherChallenges = othersOf(session.challenge, session.otherChallenges, challenge.device)
  session.challenge = challenge
}

/** Returns the ID of the challenge that this session requested from a device. Null if it requested none. */
export function challengeOf({ session }: Request, deviceId: string): string | null {
  return all(session.challenge, session.otherChallenges).find(({ device }) => device === deviceId)?.id ?? null
}

/** Stores the device that this session sets up. The setup of another kind, in another tab, continues. */
export function noteSetup({ session }: Request, setup: SessionData['setup']): void {
  session.otherSetups = othersOf(session.setup, session.otherSetups, setup.device).filter(
    ({ device }) => kindOf(device) !== kindOf(setup.device),
  )
  session.setup = setup
}

/** Returns the device of this kind that this session sets up, if there is one. */
export function findSetup({ session }: Request, kind: string): SessionData['setup'] | undefined {
  return all(session.setup, session.otherSetups).find(({ device }) => kindOf(device) === kind)
}

/** Returns a session's data without the codes and the setup of one device. */
export function withoutDevice(held: Partial<SessionData>, deviceId: string): Partial<SessionData> {
  const { challenge, otherChallenges, setup, otherSetups, ...rest } = held
  return {
    ...rest,
    ...(challenge && challenge.device !== deviceId && { challenge }),
    ...(otherChallenges && { otherChallenges: otherChallenges.filter(({ device }) => device !== deviceId) }),
    ...(setup && setup.device !== deviceId && { setup }),
    ...(otherSetups && { otherSetups: otherSetups.filter(({ device }) => device !== deviceId) }),
  }
}

function all<Entry>(newest: Entry | undefined, others: readonly Entry[] = []): Entry[] {
  return newest ? [newest, ...others] : [...others]
}

function othersOf<Entry extends { device: string }>(
  newest: Entry | undefined,
  others: readonly Entry[] | undefined,
  deviceId: string,
): Entry[] {
  return all(newest, others)
    .filter(({ device }) => device !== deviceId)
    .slice(0, MAX - 1)
}

const kindOf = (deviceId: string): string => deviceId.split('/')[0] ?? ''
