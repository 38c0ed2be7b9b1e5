import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { AdminJS } from '../adminjs.js'
import { type PanelUser, panelUserOf } from '../panel-user.js'
import { mayUse } from './host-permissions.js'
import { idOf, isOfHost, type Resource } from './host-resources.js'

/** Where AdminJS's answers have their records. Each is read by itself, so that an odd one hides no other. */
const answer = z.looseObject({ record: z.unknown().optional(), records: z.array(z.unknown()).optional().catch([]) })
const record = z.looseObject({ populated: z.record(z.string(), z.unknown()).catch({}) })
const referred = z.looseObject({
  params: z.unknown(),
  id: z.unknown(),
  title: z.unknown(),
  recordActions: z.array(z.looseObject({ name: z.string() })).catch([]),
})

/**
 * Leaves of the records that a record refers to their id and title, and those only where the
 * person may see their resource. AdminJS sends every column of them, past the permission
 * and the requirement of the resource that they belong to.
 */
export function cutReferences(admin: AdminJS): RequestHandler {
  return (req, res, next) => {
    const resource = admin.resources.find((candidate) => idOf(candidate) === req.params['resourceId'])
    const user = panelUserOf({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    const send = res.send.bind(res)
    res.send = (body: unknown) => {
      res.send = send
      return send(resource ? cut(resource, user, body) : body)
    }
    next()
  }
}

function cut(resource: Resource, user: PanelUser, body: unknown): unknown {
  const { data } = answer.safeParse(body)
  if (!data) return body
  const cutOne = (each: unknown) => {
    const { data: one } = record.safeParse(each)
    return one ? { ...one, populated: cutAll(resource, user, one.populated) } : each
  }
  return {
    ...data,
    ...(data.record !== undefined && { record: cutOne(data.record) }),
    ...(data.records && { records: data.records.map(cutOne) }),
  }
}

function cutAll(resource: Resource, user: PanelUser, populated: Readonly<Record<string, unknown>>) {
  const entries = Object.entries(populated).flatMap(([path, value]) => {
    const reference = resource.decorate().getPropertyByKey(path)?.reference()
    const { data } = referred.safeParse(value)
    // Ours cut their records themselves; what is no record was put there by the host's own hook.
    if (!data || (reference && !isOfHost(reference))) return [[path, value]]
    return reference && mayUse(user, idOf(reference), 'list') ? [[path, shorten(data)]] : []
  })
  return Object.fromEntries(entries)
}

/** In the shape of a record, which the browser's part expects. The one action makes the title a link. */
function shorten({ id, title, recordActions }: z.output<typeof referred>) {
  const show = recordActions.filter(({ name }) => name === 'show')
  return { id, title, params: {}, populated: {}, baseError: null, errors: {}, recordActions: show, bulkActions: [] }
}
