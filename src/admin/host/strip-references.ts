import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { AdminJS } from '../adminjs.js'
import { getPanelUser } from '../panel-user.js'
import type { RequirementChecks } from '../requirements.js'
import { canUseAction } from './host-permissions.js'
import { resourceId, isHostResource, type AdminResource } from '../host-resources.js'

/** The records in AdminJS's responses. Each is parsed separately, so that an invalid one does not affect the others. */
const answer = z.looseObject({ record: z.unknown().optional(), records: z.array(z.unknown()).optional().catch([]) })
const record = z.looseObject({ populated: z.record(z.string(), z.unknown()).catch({}) })
const referred = z.looseObject({
  params: z.unknown(),
  id: z.unknown(),
  title: z.unknown(),
  recordActions: z.array(z.looseObject({ name: z.string() })).catch([]),
})

/**
 * Reduces referenced records to ID and title, and removes them if the user cannot view their
 * resource. AdminJS would send all their columns, without checking the permission and the
 * requirement of that resource.
 */
export function stripReferences(admin: AdminJS, isOpenTo: RequirementChecks['isOpenTo']): RequestHandler {
  return (req, res, next) => {
    const resource = admin.resources.find((candidate) => resourceId(candidate) === req.params['resourceId'])
    const user = getPanelUser({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    // The site's own resources have already checked the permission.
    const may = (reference: AdminResource) =>
      !isHostResource(reference) || canUseAction(user, resourceId(reference), 'list')
    const sees: Sees = (reference) => may(reference) && isOpenTo(req, resourceId(reference))
    const send = res.send.bind(res)
    res.send = (body: unknown) => {
      res.send = send
      return send(resource ? cut(resource, sees, body) : body)
    }
    next()
  }
}

/** Whether the user, in this session, can view records of a resource. */
type Sees = (reference: AdminResource) => boolean

function cut(resource: AdminResource, sees: Sees, body: unknown): unknown {
  const { data } = answer.safeParse(body)
  if (!data) return body
  const cutOne = (each: unknown) => {
    const { data: one } = record.safeParse(each)
    return one ? { ...one, populated: cutAll(resource, sees, one.populated) } : each
  }
  return {
    ...data,
    ...(data.record !== undefined && { record: cutOne(data.record) }),
    ...(data.records && { records: data.records.map(cutOne) }),
  }
}

function cutAll(resource: AdminResource, sees: Sees, populated: Readonly<Record<string, unknown>>) {
  const entries = Object.entries(populated).flatMap(([path, value]) => {
    const reference = resource.decorate().getPropertyByKey(path)?.reference()
    const { data } = referred.safeParse(value)
    // Anything else than a record was added by the host's own hook.
    if (!data) return [[path, value]]
    if (!reference || !sees(reference)) return []
    // The site's resources have already reduced their records.
    return [[path, isHostResource(reference) ? shorten(data) : value]]
  })
  return Object.fromEntries(entries)
}

/** Reduces a record to ID and title, in the format that the browser expects. The `show` action makes the title a link. */
function shorten({ id, title, recordActions }: z.output<typeof referred>) {
  const show = recordActions.filter(({ name }) => name === 'show')
  return { id, title, params: {}, populated: {}, baseError: null, errors: {}, recordActions: show, bulkActions: [] }
}
