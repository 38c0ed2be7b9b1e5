import { readWaits, type Waits } from '../../otp/read-waits.js'
import { parsePersistentId } from '../../otp/persistent-id.js'
import type { ActionContext, ActionHandler, RecordActionResponse } from '../adminjs.js'
import { panelUserOf } from '../panel-user.js'
import { can, helps } from '../permissions.js'
import { PanelRefusal } from '../refusal.js'
import { ListedRecord } from '../resources/listed-record.js'
import type { PanelServices } from '../services.js'

type Show = ActionHandler<RecordActionResponse>

/**
 * A person's page: what keeps the person out now, for those who can help. `locked_until` is the
 * end of the account's lock, `throttled` the devices that wait.
 */
export function showPerson({ otp }: PanelServices): Show {
  return withWaits(otp, ({ lockedUntil, devices }) => ({
    locked_until: lockedUntil?.toISOString() ?? null,
    throttled: devices.map(({ device, name, until }) => ({ device, name, until: until.toISOString() })),
  }))
}

/** A device's page: until when it waits. */
export function showDevice({ otp }: PanelServices): Show {
  return withWaits(otp, ({ devices }, table, id) => {
    const own = devices.find(({ device }) => {
      const named = parsePersistentId(device)
      return `${named?.kind}_devices` === table && named?.id === id
    })
    return { throttled_until: own?.until.toISOString() ?? null }
  })
}

function withWaits(
  otp: PanelServices['otp'],
  describe: (waits: Waits, table: string, id: number) => Record<string, unknown>,
): Show {
  return async (_request, _response, { record, resource, currentAdmin }: ActionContext) => {
    if (!(record instanceof ListedRecord)) throw new PanelRefusal('not_found')
    const json = record.toJSON(currentAdmin)
    const { subject } = record
    const user = panelUserOf({ currentAdmin })
    if (!subject || !helps.some((help) => can(user, help, 'users', subject))) return { record: json }
    const waits = describe(await readWaits(otp, subject.id), resource.id(), Number(record.id()))
    return { record: { ...json, params: { ...json.params, ...waits } } }
  }
}
