import { useEffect, useState } from 'react'
import { ApiClient, type RecordJSON } from 'adminjs'
import { ownText } from './own-text.js'

/** A record that says which resource it is of. */
type OwnedRecord = RecordJSON & { resourceId: string }

const api = new ApiClient()

/** The first rows of a resource that belong to somebody; undefined while they are on their way. */
export function useRecordsOf(resourceIds: readonly string[], userId: string): OwnedRecord[] | undefined {
  const [records, setRecords] = useState<OwnedRecord[]>()
  const asked = resourceIds.join()
  useEffect(() => {
    const lists = asked.split(',').map((resourceId) => listOf(resourceId, userId))
    void Promise.all(lists).then((found) => setRecords(found.flat()))
  }, [asked, userId])
  return records
}

async function listOf(resourceId: string, userId: string): Promise<OwnedRecord[]> {
  const params = { 'filters.user_id': userId, perPage: 10 }
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
