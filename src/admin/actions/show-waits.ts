import { accessHelps } from '../../auth/obstacles.js'
import { readWaits } from '../../otp/read-waits.js'
import { parsePersistentId } from '../../otp/persistent-id.js'
import type { ActionContext, ActionHandler, RecordActionResponse } from '../adminjs.js'
import { actorOf } from '../panel-user.js'
import { can, recoveryActions } from '../permissions.js'
import { readUndeliveredInvitation } from '../read-undelivered-invitation.js'
import { PanelError } from '../panel-error.js'
import { AllowListedRecord } from '../resources/allow-listed-record.js'
import type { PanelServices } from '../panel-services.js'

type Show = ActionHandler<RecordActionResponse>

/**
 * Creates the handler of a user's page. It adds what keeps the user from signing in, for those
 * who can help: `locked_until` is the end of the account's lock, `throttled` lists the throttled
 * devices, `undelivered_invitation` is an invitation that could not be delivered, and
 * `obstacles` contains what would remain after each help.
 */
export function showPerson({ otp, database, readObstacles }: PanelServices): Show {
  return withHelp(async (userId) => {
    const { lockedUntil, devices } = await readWaits(otp, userId)
    return {
      locked_until: lockedUntil?.toISOString() ?? null,
      throttled: devices.map(({ device, name, until }) => ({ device, name, until: until.toISOString() })),
      undelivered_invitation: await readUndeliveredInvitation(database, userId),
      obstacles: await readObstacles(userId, accessHelps),
    }
  })
}

/** Creates the handler of a device's page. It adds the end of the throttling and the owner's other obstacles. */
export function showDevice({ otp, readObstacles }: PanelServices): Show {
  return withHelp(async (userId, table, id) => {
    const { devices } = await readWaits(otp, userId)
    const own = devices.find(({ device }) => {
      const named = parsePersistentId(device)
      return `${named?.kind}_devices` === table && named?.id === id
    })
    const obstacles = await readObstacles(userId, ['enable'])
    return { throttled_until: own?.until.toISOString() ?? null, obstacles }
  })
}

/** Adds to a record what only users who can help its owner get to see. */
function withHelp(describe: (userId: number, table: string, id: number) => Promise<Record<string, unknown>>): Show {
  return async (_request, _response, { record, resource, currentAdmin }: ActionContext) => {
    if (!(record instanceof AllowListedRecord)) throw new PanelError('not_found')
    const user = actorOf({ currentAdmin })
    const json = record.toJSON(currentAdmin)
    const { subject } = record
    if (!subject || !recoveryActions.some((help) => can(user, help, 'users', subject))) return { record: json }
    const known = await describe(subject.id, resource.id(), Number(record.id()))
    return { record: { ...json, params: { ...json.params, ...known } } }
  }
}
