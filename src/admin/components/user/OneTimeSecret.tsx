import React, { useRef, useState } from 'react'
import { Icon } from '@adminjs/design-system'
import { useTranslation } from 'adminjs'
import { formatLocalTime } from '../use-owned-records.js'

/** Shows a link or a token once, with a button to copy it. */
export function OneTimeSecret({ secret, expiresAt }: { secret: string; expiresAt: string | null }) {
  const { translateComponent: text } = useTranslation()
  const code = useRef<HTMLElement>(null)
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    // Without a clipboard (no HTTPS) the text is selected, so that it can be copied with the keyboard.
    if (code.current) getSelection()?.selectAllChildren(code.current)
    await navigator.clipboard?.writeText(secret).then(() => setCopied(true))
  }
  return (
    <>
      <p className="shown-once">
        <code ref={code}>{secret}</code>
        <button className="plain-button" type="button" onClick={() => void copy()}>
          <Icon icon={isCopied ? 'Check' : 'Copy'} /> {text(isCopied ? 'ShownOnce.copied' : 'ShownOnce.copy')}
        </button>
      </p>
      <p>
        {expiresAt && `${text('ShownOnce.until', undefined, { time: formatLocalTime(expiresAt) })} `}
        {text('ShownOnce.once')}
      </p>
    </>
  )
}
