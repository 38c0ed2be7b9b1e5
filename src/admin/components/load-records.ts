import { useEffect, useState } from 'react'
import { ApiClient, type RecordJSON } from 'adminjs'
import { ownText } from './own-text.js'

/** A record that says which resource it is of. */
type OwnedRecord = RecordJSON & { resourceId: string }

const api = new ApiClient()

/**
 * The first rows of a resource that belong to somebody; undefined while they are on their way.
 *
 * @param column where the owner's id stands
 */
export function useRecordsOf(
  resourceIds: readonly string[],
  ownerId: string,
  column = 'user_id',
): OwnedRecord[] | undefined {
  const [records, setRecords] = useState<OwnedRecord[]>()
  const asked = resourceIds.join()
  useEffect(() => {
    const lists = asked.split(',').map((resourceId) => listOf(resourceId, column, ownerId))
    void Promise.all(lists).then((found) => setRecords(found.flat()))
  }, [asked, column, ownerId])
  return records
}

async function listOf(resourceId: string, column: string, ownerId: string): Promise<OwnedRecord[]> {
  const params = { [`filters.${column}`]: ownerId, perPage: 10 }
  const response = await api.resourceAction({ resourceId, actionName: 'list', params })
  const records: RecordJSON[] = response.data.records
  return records.map((record) => ({ ...record, resourceId }))
}

/** An ISO time in the reader's own words. */
export function readable(time: unknown): string {
  return typeof time === 'string'
    ? new Date(time).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' })
    : ownText('Times', 'never')
}
