import { type ActionContext, BaseRecord, type Resource } from '../adminjs.js'
import type { Principal } from '../permissions.js'
import type { AllowList, Row } from './allow-list.js'

/** The part of a resource that its records need. */
type RecordResource = Resource & { list: AllowList; shown(row: Row): Record<string, unknown> }

/** AdminJS's record of a row. It contains only what the resource's allow-list names. */
export class AllowListedRecord extends BaseRecord {
  /** The rights of the row's owner; undefined if the permission rules do not need them. */
  readonly subject: Principal | undefined
  readonly #isReference: boolean

  /** @param isReference whether only ID and title were read, for another resource */
  constructor(row: Row, resource: RecordResource, isReference: boolean) {
    super(resource.shown(row), resource)
    this.subject = isReference ? undefined : resource.list.subject?.(row)
    this.#isReference = isReference
  }

  override toJSON(currentAdmin?: ActionContext['currentAdmin']) {
    const json = super.toJSON(currentAdmin)
    // Without the subject, permissions cannot be checked. A reference does not need actions.
    return this.#isReference ? { ...json, recordActions: [], bulkActions: [] } : json
  }
}
