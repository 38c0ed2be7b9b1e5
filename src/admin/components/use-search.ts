import { useEffect, useState } from 'react'
import { ApiClient, type RecordJSON } from 'adminjs'

const api = new ApiClient()
/** Milliseconds after the last key before the search starts. */
const PAUSE = 200
/** Results to show. */
const SHOWN = 8

/**
 * Finds the first records of a resource that contain a text, while the user types it.
 *
 * @param least characters to type before the search starts
 * @returns undefined until there is a response
 */
export function useSearch(resourceId: string, query: string, least = 2): RecordJSON[] | undefined {
  const [records, setRecords] = useState<RecordJSON[]>()
  const typed = query.trim()
  const isLongEnough = typed.length >= least
  useEffect(() => {
    if (!isLongEnough) return undefined
    let stale = false
    const timer = setTimeout(async () => {
      const found = await api.searchRecords({ resourceId, query: typed })
      if (!stale) setRecords(found.slice(0, SHOWN))
    }, PAUSE)
    return () => {
      stale = true
      clearTimeout(timer)
    }
  }, [resourceId, typed, isLongEnough])
  return isLongEnough ? records : undefined
}
