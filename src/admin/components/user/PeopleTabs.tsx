import React, { useEffect, useState } from 'react'
import { ApiClient, useTranslation } from 'adminjs'
import { Link, useLocation } from 'react-router-dom'

const FILTERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  all: {},
  without: { second_factor: 'none', is_active: 'true' },
  backup_only: { second_factor: 'backup_only', is_active: 'true' },
  weak_only: { second_factor: 'weak_only', is_active: 'true' },
  invited: { status: 'invited' },
  deactivated: { status: 'deactivated' },
}
/** Above this, the server counts no further (src/admin/resources/read-page.ts). */
const COUNTED = 10_000

const api = new ApiClient()
const queryOf = (name: string) =>
  new URLSearchParams(Object.entries(FILTERS[name] ?? {}).map(([filter, value]) => [`filters.${filter}`, value]))

/** Shows links to the lists that an administrator looks at every day, each with its number of people. */
export function PeopleTabs({ seesDevices }: { seesDevices: boolean }) {
  const { translateComponent: text } = useTranslation()
  const { search } = useLocation()
  const counts = useCounts(seesDevices)
  const here = filtersIn(search)
  return (
    <nav className="people-tabs" aria-label={text('PeopleTabs.label')}>
      {namesFor(seesDevices).map((name) => (
        <Link
          key={name}
          to={`/admin/resources/users?${queryOf(name)}`}
          aria-current={filtersIn(`?${queryOf(name)}`) === here ? 'page' : undefined}
        >
          {text(`PeopleTabs.${name}`)} <span className="list-count">{counts[name] ?? ''}</span>
        </Link>
      ))}
    </nav>
  )
}

const namesFor = (seesDevices: boolean) =>
  Object.keys(FILTERS).filter((name) => seesDevices || FILTERS[name]?.['second_factor'] === undefined)

/** Returns the filters of a query string as a text that is equal for equal filters. */
function filtersIn(search: string): string {
  const query = new URLSearchParams(search)
  query.sort()
  return JSON.stringify([...query].filter(([name, value]) => name.startsWith('filters.') && value !== ''))
}

/** Loads the numbers when the list is opened. */
function useCounts(seesDevices: boolean): Readonly<Record<string, string>> {
  const [counts, setCounts] = useState<Record<string, string>>({})
  useEffect(() => {
    for (const name of namesFor(seesDevices))
      void countOf(name).then((count) => setCounts((before) => ({ ...before, [name]: count })))
  }, [seesDevices])
  return counts
}

/** Returns an empty text if this session cannot see the number. */
async function countOf(name: string): Promise<string> {
  const params = { ...Object.fromEntries(queryOf(name)), perPage: 1 }
  const { data } = await api.resourceAction({ resourceId: 'users', actionName: 'list', params })
  if (data.notice) return ''
  const total: number = data.meta.total
  const number = new Intl.NumberFormat(document.documentElement.lang)
  return total > COUNTED && name !== 'all' ? `${number.format(COUNTED)}+` : number.format(total)
}
