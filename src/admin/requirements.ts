import type { RequestHandler } from 'express'
import type { Requirement } from '../auth/requirement.js'
import { FRESH_SECONDS } from '../auth/step-up/require-fresh.js'
import { writes } from './permissions.js'
import type { PanelServices } from './services.js'

/** What calls ask beyond verified staff, by `resource.action`, or `resource.*` for every action of it. */
export type Requirements = Readonly<Record<string, Requirement>>

/**
 * The guard of each call of our own resources. Where the application says nothing, whatever
 * changes somebody's devices, flags or access wants a token within five minutes, as one's
 * own pages do (S-40, S-45).
 *
 * @returns null: verified staff, and nothing else
 */
export function guardsOf(services: PanelServices): (resource: string, action: string) => RequestHandler | null {
  const named = Object.entries(services.requirements ?? {}).map(
    ([name, each]) => [name, services.requires(each)] as const,
  )
  const given = new Map(named)
  const fresh = services.requires({ maxAge: FRESH_SECONDS })
  return (resource, action) =>
    given.get(`${resource}.${action}`) ?? given.get(`${resource}.*`) ?? (writes(action) ? fresh : null)
}
