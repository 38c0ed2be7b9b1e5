import { accessHelps } from '../../auth/obstacles.js'
import { readObstacles } from '../../auth/read-obstacles.js'
import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'
import type { PersistentId } from '../../otp/device.js'
import { parsePersistentId } from '../../otp/devices/persistent-id.js'
import { readWaits } from '../../otp/throttle/read-waits.js'
import type { ActionContext, ActionHandler, RecordActionResponse } from '../adminjs.js'
import { PanelError } from '../panel-error.js'
import type { PanelServices } from '../panel-services.js'
import { actorOf, type PanelUser } from '../panel-user.js'
import { can, recoveryActions } from '../permissions.js'
import { AllowListedRecord } from '../resources/allow-listed-record.js'
import { canRead } from '../resources/build-where.js'

type Show = ActionHandler<RecordActionResponse>

/**
 * Creates the handler of a user's page. It adds what keeps the user from signing in, for those
 * who can help: `locked_until` is the end of the account's lock, `throttled` lists those throttled
 * devices that the reader can view, `undelivered_invitation` is an invitation that could not be delivered, and
 * `obstacles` contains what would remain after each help.
 */
export function showPerson(services: PanelServices): Show {
  const { otp, database } = services
  return withHelp(async (user, userId) => {
    const { lockedUntil, devices } = await readWaits(otp, userId)
    const readable = devices.filter(({ device }) => canRead(user, [tableOf(device)]))
    return {
      locked_until: lockedUntil?.toISOString() ?? null,
      throttled: readable.map(({ device, name, until }) => ({ device, name, until: until.toISOString() })),
      undelivered_invitation: await readUndeliveredInvitation(database, userId),
      obstacles: await readObstacles(services, userId, accessHelps),
    }
  })
}

/** Creates the handler of a device's page. It adds the end of the throttling and the owner's other obstacles. */
export function showDevice(services: PanelServices): Show {
  return withHelp(async (_user, userId, table, id) => {
    const { devices } = await readWaits(services.otp, userId)
    const own = devices.find(({ device }) => tableOf(device) === table && parsePersistentId(device)?.id === id)
    const obstacles = await readObstacles(services, userId, ['enable'])
    return { throttled_until: own?.until.toISOString() ?? null, obstacles }
  })
}

const tableOf = (device: PersistentId) => `${parsePersistentId(device)?.kind}_devices`

type Describe = (user: PanelUser, userId: number, table: string, id: number) => Promise<Record<string, unknown>>

/** Adds to a record what only users who can help its owner get to see. */
function withHelp(describe: Describe): Show {
  return async (_request, _response, { record, resource, currentAdmin }: ActionContext) => {
    if (!(record instanceof AllowListedRecord)) throw new PanelError('not_found')
    const user = actorOf({ currentAdmin })
    const json = record.toJSON(currentAdmin)
    const { subject } = record
    if (!subject || !recoveryActions.some((help) => can(user, help, 'users', subject))) return { record: json }
    const known = await describe(user, subject.id, resource.id(), Number(record.id()))
    return { record: { ...json, params: { ...json.params, ...known } } }
  }
}

/** Why a user's newest invitation could not be delivered: `expired`, or the mail server's codes. */
export interface UndeliveredInvitation {
  at: Date
  reason: string
}

/**
 * Reads whether a user's newest invitation could not be delivered.
 *
 * @returns null if it was delivered or is still queued, or if there is none
 */
async function readUndeliveredInvitation(
  database: Pick<Database, 'pool'>,
  userId: number,
): Promise<UndeliveredInvitation | null> {
  const [row] = await runStatement<UndeliveredInvitation>(database, undefined, NEWEST, { userId })
  return row ?? null
}

const NEWEST = `
select at, details ->> 'reason' as reason from audit_events failed
where user_id = $userId and event = 'mail_undelivered' and details ->> 'mail' = 'invitation'
  and not exists (select from audit_events made
    where made.user_id = $userId and made.event = 'invitation_made' and made.id > failed.id)
order by id desc limit 1`
