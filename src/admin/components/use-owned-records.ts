import { dateLocale } from '../../i18n/date-locale.js'
import { useEffect, useState } from 'react'
import { ApiClient, type RecordJSON } from 'adminjs'
import { translate } from './translate.js'

/** A record with the ID of its resource. */
type OwnedRecord = RecordJSON & { resourceId: string }

const api = new ApiClient()

/**
 * Loads the first rows of some resources that belong to one owner.
 *
 * @param column contains the owner's ID
 * @returns undefined while the rows are loading
 */
export function useOwnedRecords(
  resourceIds: readonly string[],
  ownerId: string,
  column = 'user_id',
): OwnedRecord[] | undefined {
  const [records, setRecords] = useState<OwnedRecord[]>()
  const idList = resourceIds.join()
  useEffect(() => {
    const lists = idList.split(',').map((resourceId) => listOf(resourceId, column, ownerId))
    void Promise.all(lists).then((found) => setRecords(found.flat()))
  }, [idList, column, ownerId])
  return records
}

async function listOf(resourceId: string, column: string, ownerId: string): Promise<OwnedRecord[]> {
  const params = { [`filters.${column}`]: ownerId, perPage: 10 }
  const response = await api.resourceAction({ resourceId, actionName: 'list', params })
  const records: RecordJSON[] = response.data.records
  return records.map((record) => ({ ...record, resourceId }))
}

/** Formats an ISO time in the reader's language and time zone. */
export function formatLocalTime(time: unknown): string {
  return typeof time === 'string'
    ? new Date(time).toLocaleString(dateLocale(document.documentElement.lang), {
        dateStyle: 'medium',
        timeStyle: 'short',
      })
    : translate('Times', 'never')
}
