import { type Request, Router } from 'express'
import { otpRequired } from '../../auth/guards/otp-required.js'
import { policyOf } from '../../auth/policy/policy.js'
import type { RequestUser } from '../../auth/request-user.js'
import { trustDays } from '../../auth/policy/trust-days.js'
import { nameBrowser, UNKNOWN_BROWSER } from '../../client-info.js'
import { formatDateTime } from '../../http/pages/format-date-time.js'
import { sendPage } from '../../http/pages/send-page.js'
import type { Translate } from '../../i18n/translator.js'
import { devicesForUser, type ListedDevice } from '../../otp/devices/devices-for-user.js'
import { filterCustomKinds } from '../../otp/kind-registry/custom-kind.js'
import { worksHere } from '../../otp/kind-registry/kind.js'
import type { AccountServices } from '../account-services.js'
import { addDevicePath } from '../setup/kind-paths.js'
import { kindsWithPages, type ProfileLink } from '../kind-pages.js'
import { listSessions } from '../sessions/list-sessions.js'
import { listTrustedBrowsers } from '../trusted-browsers/list-trusted-browsers.js'
import { parseNotice } from '../notices.js'

/** `/account/two-factor`, the account security page: the user's devices, trusted browsers and sessions. */
export function profileRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get('/account/two-factor', otpRequired(account, { ifConfigured: true }), async (req, res) => {
    if (!req.user) return
    const devices = await devicesForUser(account.otp, req.user.id, { confirmed: null })
    sendPage(res, 'account/profile', {
      ...summariseDevices(devices.map((device) => withDisplayName(account, device, req.t))),
      addLinks: addLinks(account),
      linkOf: (device: ListedDevice) => deviceLink(account, device),
      sessions: await listSessions(account, req.user.id, req.sessionID),
      trust: await readTrust(account, req, req.user),
      mayDisable: !policyOf(account.config, req.user).demanded,
      notice: parseNotice(req.query['done']),
      moment: (at: Date) => formatDateTime(at, req.language),
      browserName: (stored: string | null) =>
        nameBrowser(stored ?? UNKNOWN_BROWSER, req.t('pages:profile.unknown_browser')),
    })
  })
  return router
}

/** Lists the trusted browsers, and for how many days this one can be trusted; null if the policy allows none. */
async function readTrust(account: AccountServices, req: Request, user: RequestUser) {
  const days = trustDays(account, user)
  if (days === 0) return null
  const browsers = await listTrustedBrowsers(account, req, user.id)
  const mayAdd = user.isVerified() && !browsers.some(({ isThis }) => isThis)
  return { days, browsers, mayAdd }
}

/** Returns the links to setup pages outside the wizard. */
function addLinks({ otp }: AccountServices): ProfileLink[] {
  const kinds = otp.kinds.filter((kind) => worksHere(kind, otp.settings.relyingParty))
  const own = kindsWithPages(kinds).flatMap(({ pages }) => pages.addLink ?? [])
  const added = filterCustomKinds(kinds).map(({ name }) => ({
    path: addDevicePath(name),
    text: `pages:added_kinds.${name}.add`,
  }))
  return [...own, ...added]
}

/** Returns the kind's link for an active device; null if there is none. */
function deviceLink({ otp }: AccountServices, { kind, id, confirmed }: ListedDevice) {
  const link = kindsWithPages(otp.kinds).find(({ name }) => name === kind)?.pages.deviceLink
  return confirmed && link ? { ...link, path: link.path(id) } : null
}

/** Replaces the default name of a device by the translated name of its kind. */
function withDisplayName({ otp }: AccountServices, device: ListedDevice, t: Translate): ListedDevice {
  const kind = otp.kinds.find(({ name }) => name === device.kind)
  const isUnnamed = kind?.defaultName === device.name
  return isUnnamed ? { ...device, name: t(`pages:kinds.${device.kind}`) } : device
}

/** Summarises the devices, which are in the order in which sign-in offers them. */
function summariseDevices(devices: readonly ListedDevice[]) {
  const confirmed = devices.filter((device) => device.confirmed)
  const sets = confirmed.filter(({ isBackup }) => isBackup)
  return {
    devices,
    on: confirmed.length > 0,
    hasFactor: confirmed.length > sets.length,
    asked: confirmed[0]?.persistentId ?? null,
    left: sets.reduce((sum, { remaining }) => sum + (remaining ?? 0), 0),
  }
}
