// Checked by the compiler, here (`tsc -p .`) and in the package as npm installs it
// (.ci/check-package.mjs). Nothing of it runs.
import type { Request } from 'express'
import {
  createOtpAdminSite,
  devicesForUser,
  generateChallenge,
  type generateIsAllowed,
  guarded,
  login,
  type matchToken,
  otpRequired,
  type parsePersistentId,
  type PersistentId,
  type persistentId,
  requires,
  type SiteOptions,
  type userHasDevice,
  verifyIsAllowed,
  verifyToken,
} from '../../src/index.js'

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- two functions are alike only where A and B are
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** The compiler refuses a call of this whose type is not `true`. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the type itself is what is asserted
declare function holds<_Fact extends true>(): void

export async function siteOfAnApplication(): Promise<void> {
  const options: SiteOptions = {
    config: { BASE_URL: 'https://example.com', OTP_POLICY: 'everyone', TRUST_BROWSER_DAYS: 30 },
    requirements: { 'users.resetSecondFactor': { kinds: ['webauthn'], maxAge: 600 } },
    users: {
      findByLogin: async (name) => ({ id: name, email: 'a@example.com', isStaff: true }),
      find: async () => null,
      checkPassword: async (_person, password) => password.length > 8,
    },
    on: {
      userVerified: ({ device, transaction }) => {
        holds<Equal<typeof device.persistentId, PersistentId>>()
        // Inside: a handler may write with it.
        void transaction.rollback
      },
      signedIn: (event) => {
        holds<Equal<typeof event.device, string | null>>()
        // @ts-expect-error -- after the fact there is no transaction
        void event.transaction
      },
    },
  }
  // @ts-expect-error -- there is no such event
  options.on = { userVanished: () => {} }
  // @ts-expect-error -- a policy is not an option of its own
  await createOtpAdminSite({ policy: 'staff' })
  const site = await createOtpAdminSite(options)
  holds<Equal<ReturnType<typeof site.close>, Promise<void>>>()

  await tokens(site.otp)
  guards(site.auth)
  // @ts-expect-error -- guards take what knows sessions, the core knows none
  requires(site.otp, { maxAge: 600 })
}

async function tokens(otp: Parameters<typeof verifyToken>[0]): Promise<void> {
  const verification = await verifyToken(otp, { userId: 1, deviceId: 'totp/3', token: '123456' })
  holds<Equal<typeof verification, Awaited<ReturnType<typeof matchToken>>>>()
  if (verification.ok) holds<Equal<typeof verification.device.persistentId, PersistentId>>()
  else if (verification.reason === 'n_failed_attempts') holds<Equal<typeof verification.lockedUntil, Date>>()
  // @ts-expect-error -- a refusal has no device
  else void verification.device
  // @ts-expect-error -- a token is text: leading zeros count
  await verifyToken(otp, { userId: 1, deviceId: 'totp/3', token: 123456 })

  const challenge = await generateChallenge(otp, { userId: 1, deviceId: 'phone/2', language: 'en' })
  if (challenge.ok) holds<Equal<typeof challenge.challenge, string>>()
  else if (challenge.reason === 'cooldown_pending') holds<Equal<typeof challenge.nextAt, Date>>()

  const allowance = await verifyIsAllowed(otp, { userId: 1, deviceId: 'totp/3' })
  if (!allowance.allowed && allowance.reason === 'n_failed_attempts')
    holds<Equal<typeof allowance.failureCount, number>>()
  holds<Equal<Awaited<ReturnType<typeof generateIsAllowed>>['allowed'], boolean>>()

  const [device] = await devicesForUser(otp, 1)
  holds<Equal<NonNullable<typeof device>['remaining'], number | null>>()
  holds<Equal<Awaited<ReturnType<typeof userHasDevice>>, boolean>>()
  holds<Equal<ReturnType<typeof persistentId>, PersistentId>>()
  holds<Equal<ReturnType<typeof parsePersistentId>, { kind: string; id: number } | null>>()
}

function guards(auth: Parameters<typeof requires>[0]): void {
  otpRequired(auth, { ifConfigured: true, loginUrl: '/in', redirectFieldName: 'to', raiseAnonymous: true })
  requires(auth, { anyOf: [{ kinds: ['webauthn'] }, { kinds: ['totp'], maxAge: 300 }], trustedBrowser: false })
  guarded(requires(auth, { level: 'authenticated' }), (req, res) => void res.send(whoIs(req)))
  // @ts-expect-error -- seconds are a number
  requires(auth, { maxAge: '600' })
  // @ts-expect-error -- there is no such level
  requires(auth, { level: 'trusted' })
}

function whoIs(req: Request): string {
  holds<Equal<typeof req.auth.level, 'anonymous' | 'authenticated' | 'verified'>>()
  holds<Equal<typeof req.auth.freshness, number | null>>()
  const [factor] = req.auth.factors
  if (factor) holds<Equal<typeof factor.how, 'typed' | 'passkey' | 'trusted_browser' | 'link'>>()
  if (!req.user) return 'nobody'
  holds<Equal<ReturnType<typeof req.user.isVerified>, boolean>>()
  holds<Equal<typeof req.user.otpDevice, PersistentId | null>>()
  return req.user.email
}

export async function tokenPageOfAnApplication(req: Request, auth: Parameters<typeof login>[0]): Promise<string> {
  const outcome = await login(auth, req, { kind: 'totp', persistentId: 'totp/3' })
  // @ts-expect-error -- this is no persistent id
  await login(auth, req, { kind: 'totp', persistentId: 'totp-3' })
  return outcome.ok ? 'verified' : outcome.reason
}
