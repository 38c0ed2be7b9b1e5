import type { Request } from 'express'
import type { SessionData } from 'express-session'

/** How many a session remembers of each, the newest ones. */
const MAX = 5

/**
 * Remembers the code that this session requested from a device. Codes from its other devices
 * stay valid: one may have arrived although this one never does.
 */
export function noteChallenge({ session }: Request, challenge: SessionData['challenge']): void {
  session.otherChallenges = othersOf(session.challenge, session.otherChallenges, challenge.device)
  session.challenge = challenge
}

/** The challenge that this session requested from a device; null if it requested none. */
export function challengeOf({ session }: Request, deviceId: string): string | null {
  return all(session.challenge, session.otherChallenges).find(({ device }) => device === deviceId)?.id ?? null
}

/** Remembers the device that this session sets up. One of another kind, in another tab, continues. */
export function noteSetUp({ session }: Request, setUp: SessionData['setUp']): void {
  session.otherSetUps = othersOf(session.setUp, session.otherSetUps, setUp.device).filter(
    ({ device }) => kindOf(device) !== kindOf(setUp.device),
  )
  session.setUp = setUp
}

/** The device of this kind that this session sets up, if there is one. */
export function setUpOf({ session }: Request, kind: string): SessionData['setUp'] | undefined {
  return all(session.setUp, session.otherSetUps).find(({ device }) => kindOf(device) === kind)
}

/** What a session holds without what was under way for one device. */
export function withoutDevice(held: Partial<SessionData>, deviceId: string): Partial<SessionData> {
  const { challenge, otherChallenges, setUp, otherSetUps, ...rest } = held
  return {
    ...rest,
    ...(challenge && challenge.device !== deviceId && { challenge }),
    ...(otherChallenges && { otherChallenges: otherChallenges.filter(({ device }) => device !== deviceId) }),
    ...(setUp && setUp.device !== deviceId && { setUp }),
    ...(otherSetUps && { otherSetUps: otherSetUps.filter(({ device }) => device !== deviceId) }),
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
