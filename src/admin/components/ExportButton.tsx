import React, { useState } from 'react'
import { Icon } from '@adminjs/design-system'
import { useNotice, useTranslation } from 'adminjs'
import { useLocation } from 'react-router-dom'
import { goToLogin, SIGN_IN } from './adapt-refusals.js'

/** Saves the list as it stands, filters and order too, in a file. */
export function ExportButton({ resourceId }: { resourceId: string }) {
  const { translateAction, translateComponent: text } = useTranslation()
  const notify = useNotice()
  const { search } = useLocation()
  const [isBusy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    const problem = await download(`/admin/api/resources/${resourceId}/actions/export?${listQuery(search)}`)
    setBusy(false)
    if (problem === 'cut') notify({ message: text('ExportButton.cut'), type: 'info' })
    else if (problem !== null) notify({ message: problem.message || text('ExportButton.failed'), type: 'error' })
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

/** Only what decides which rows there are: which page of them is shown does not. */
function listQuery(search: string): string {
  const asked = [...new URLSearchParams(search)].filter(
    ([name]) => name.startsWith('filters.') || name === 'sortBy' || name === 'direction',
  )
  return new URLSearchParams(asked).toString()
}

async function download(address: string): Promise<null | 'cut' | { message: string }> {
  const answer = await fetch(address, { method: 'POST' }).catch(() => null)
  if (!answer?.ok) return problemOf(answer)
  const [, name = 'list.csv'] = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '') ?? []
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await answer.blob())
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
  return name.includes('-first-') ? 'cut' : null
}

async function problemOf(answer: Response | null): Promise<{ message: string }> {
  const body = await answer?.json().catch(() => null)
  if (SIGN_IN.includes(body?.error?.code)) return goToLogin()
  return { message: body?.error?.message ?? '' }
}
