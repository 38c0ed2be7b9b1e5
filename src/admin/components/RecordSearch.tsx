import React, { type ReactNode, useEffect, useId, useState } from 'react'
import { ApiClient, type RecordJSON, useTranslation } from 'adminjs'

const api = new ApiClient()
/** Milliseconds after the last key before the search starts. */
const PAUSE = 200
/** Results to show. */
const SHOWN = 8

interface Props {
  resourceId: string
  /** Keys of texts. */
  label: string
  none: string
  /** Characters to type before the search starts. */
  least?: number
  /** Shows one result. `clear` empties the field. */
  children: (record: RecordJSON, clear: () => void) => ReactNode
}

/** A search field with the first records of a resource that contain what the user types. */
export function RecordSearch({ resourceId, label, none, least = 2, children: showRecord }: Props) {
  const { translateComponent: text } = useTranslation()
  const [query, setQuery] = useState('')
  const found = useSearch(resourceId, query, least)
  const id = useId()
  return (
    <div className="people-search">
      <label htmlFor={id}>{text(label)}</label>
      <input
        id={id}
        type="search"
        autoComplete="off"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <ul aria-live="polite">
        {found?.length === 0 && <li className="panel-empty">{text(none)}</li>}
        {found?.map((record) => (
          <li key={record.id}>{showRecord(record, () => setQuery(''))}</li>
        ))}
      </ul>
    </div>
  )
}

/** Returns undefined until there is a response. */
function useSearch(resourceId: string, query: string, least: number): RecordJSON[] | undefined {
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
