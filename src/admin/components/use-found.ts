import { useEffect, useState } from 'react'
import { ApiClient, type RecordJSON } from 'adminjs'

const api = new ApiClient()
/** Milliseconds without a key before the search goes out. */
const PAUSE = 200
/** More than these nobody reads while typing. */
const SHOWN = 8

/**
 * The first records of a resource with the text in them, while it is typed; undefined until
 * there is an answer.
 *
 * @param least letters that must be there before anything is asked
 */
export function useFound(resourceId: string, query: string, least = 2): RecordJSON[] | undefined {
  const [records, setRecords] = useState<RecordJSON[]>()
  const asked = query.trim()
  const isAsked = asked.length >= least
  useEffect(() => {
    if (!isAsked) return undefined
    let stale = false
    const timer = setTimeout(async () => {
      const found = await api.searchRecords({ resourceId, query: asked })
      if (!stale) setRecords(found.slice(0, SHOWN))
    }, PAUSE)
    return () => {
      stale = true
      clearTimeout(timer)
    }
  }, [resourceId, asked, isAsked])
  return isAsked ? records : undefined
}
