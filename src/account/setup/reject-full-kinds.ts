import type { RequestHandler } from 'express'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { hasRoomFor } from '../../otp/devices/device-limit.js'
import { filterCustomKinds } from '../../otp/kind-registry/custom-kind.js'
import type { Kind } from '../../otp/kind-registry/kind.js'
import type { AccountServices } from '../account-services.js'
import { kindsWithPages } from '../kind-pages.js'
import { addDevicePath } from './kind-paths.js'

/**
 * Rejects the setup pages of a kind if the user has reached its limit, before they set up a device
 * that could not be confirmed. A confirmation checks the limit again, with the owner's row locked.
 */
export function rejectFullKinds({ otp }: AccountServices): RequestHandler {
  const kinds = new Map<string, Kind>([
    ...kindsWithPages(otp.kinds).flatMap((kind) => pathsOf(kind).map((path): [string, Kind] => [path, kind])),
    ...filterCustomKinds(otp.kinds).map((kind): [string, Kind] => [addDevicePath(kind.name), kind]),
  ])
  return async (req, res, next) => {
    const kind = kinds.get(req.path)
    // The number of devices is not for someone who knows only the password.
    if (!kind || !req.user?.isVerified() || (await hasRoomFor(otp, undefined, kind, req.user.id))) return next()
    rejectRequest(req, res, { status: 422, code: 'too_many_devices' })
  }
}

function pathsOf({ pages }: ReturnType<typeof kindsWithPages>[number]): string[] {
  return [...(pages.setupPath ? [pages.setupPath] : []), ...(pages.addLink ? [pages.addLink.path] : [])]
}
