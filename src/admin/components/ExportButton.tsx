import React, { useState } from 'react'
import { Icon } from '@adminjs/design-system'
import { ApiClient, type NoticeMessage, useNotice, useTranslation } from 'adminjs'
import { useLocation } from 'react-router-dom'

/** What the API returns instead of a file if it rejects the call, in AdminJS's format (adapt-errors.ts). */
interface RejectedCall {
  notice?: NoticeMessage
}

const api = new ApiClient()

/** Saves the list with its current filters and order as a file. */
export function ExportButton({ resourceId }: { resourceId: string }) {
  const { translateAction, translateComponent: text } = useTranslation()
  const notify = useNotice()
  const { search } = useLocation()
  const [isBusy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    const outcome = await download(resourceId, listQuery(search)).catch(() => null)
    setBusy(false)
    if (outcome === 'cut') notify({ message: text('ExportButton.cut'), type: 'info' })
    else if (outcome !== 'whole') notify(outcome ?? { message: text('ExportButton.failed'), type: 'error' })
  }
  return (
    <button
      className="plain-button"
      type="button"
      data-testid="action-export"
      disabled={isBusy}
      onClick={() => void save()}
    >
      <Icon icon={isBusy ? 'Loader' : 'Download'} spin={isBusy} /> {translateAction('export', resourceId)}
    </button>
  )
}

/** Returns the filters and the order of a list's query string, without the page. */
function listQuery(search: string): object {
  const kept = [...new URLSearchParams(search)].filter(
    ([name]) => name.startsWith('filters.') || name === 'sortBy' || name === 'direction',
  )
  return Object.fromEntries(kept)
}

async function download(resourceId: string, params: object): Promise<'whole' | 'cut' | NoticeMessage | null> {
  const request = { resourceId, actionName: 'export', data: new FormData(), params }
  const { data, headers } = await api.resourceAction(request)
  const answer: string | RejectedCall = data
  if (typeof answer !== 'string') return answer.notice ?? null
  const [, name = 'list.csv'] = /filename="([^"]+)"/.exec(String(headers['content-disposition'])) ?? []
  saveFile(name, answer)
  return name.includes('-first-') ? 'cut' : 'whole'
}

function saveFile(name: string, content: string): void {
  // The HTTP client removes the byte order mark, which spreadsheets need to recognise UTF-8.
  const file = new Blob([content.startsWith('\ufeff') ? '' : '\ufeff', content], { type: 'text/csv;charset=utf-8' })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
