import { type ActionContext, BaseRecord, type Resource } from '../adminjs.js'
import type { Standing } from '../permissions.js'
import type { AllowList, Row } from './allow-list.js'

/** What a record needs of its resource. */
type RecordResource = Resource & { list: AllowList; shown(row: Row): Record<string, unknown> }

/** A row as AdminJS carries it. Only what the resource's list names ever gets in or out. */
export class ListedRecord extends BaseRecord {
  /** Whose row it is; undefined where no rule asks. */
  readonly subject: Standing | undefined
  readonly #isReference: boolean

  /** @param isReference only id and title were read, for another resource's list */
  constructor(row: Row, resource: RecordResource, isReference: boolean) {
    super(resource.shown(row), resource)
    this.subject = isReference ? undefined : resource.list.subject?.(row)
    this.#isReference = isReference
  }

  override toJSON(currentAdmin?: ActionContext['currentAdmin']) {
    const json = super.toJSON(currentAdmin)
    // Without its subject no rule could be asked, and nobody acts on a reference anyway.
    return this.#isReference ? { ...json, recordActions: [], bulkActions: [] } : json
  }
}
