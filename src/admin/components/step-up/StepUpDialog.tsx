import React, { type FormEvent, useEffect, useRef, useState } from 'react'
import { browserSupportsWebAuthn } from '@simplewebauthn/browser'
import { translate } from '../translate.js'
import { type ApiResult, createFormId, getAssertion, postToken, requestCode, type StepUpDevice } from './step-up-api.js'

interface Props {
  /** `/account/verify`, with the accepted kinds. */
  url: string
  /** Key of the text that explains why a token is required. */
  why: 'why' | 'why_host'
  devices: readonly StepUpDevice[]
  /** `confirmed`: a token was accepted; `cancelled`: the user cancelled; `signed_out`: the session has ended. */
  onClose(result: 'confirmed' | 'cancelled' | 'signed_out'): void
}

const text = (name: string) => translate('StepUpDialog', name)

/** Prompts for a token during an action, which then continues. */
export function StepUpDialog({ url, why, devices, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [message, setMessage] = useState<{ text: string; isError: boolean } | null>(null)
  const [isBusy, setBusy] = useState(false)
  const formId = useRef(createFormId())
  useEffect(() => {
    dialog.current?.showModal()
    // The browser would focus the first control, which is the list of devices.
    dialog.current?.querySelector('input')?.focus()
  }, [])
  const run = async (work: Promise<ApiResult<null>>, done: () => void) => {
    setBusy(true)
    const result = await work
    setBusy(false)
    if (result.ok) done()
    else if ('signedOut' in result) onClose('signed_out')
    else setMessage({ text: 'noResponse' in result ? text('no_response') : result.why, isError: true })
    return result
  }
  const submit = (device: string, token: string) => void run(postToken(url, device, token), () => onClose('confirmed'))
  const send = async (device: string) => {
    const request = requestCode(url, device, formId.current)
    const result = await run(request, () => setMessage({ text: text('sent'), isError: false }))
    // Without a response, the next attempt is the same request, and sends no second code.
    if (!('noResponse' in result)) formId.current = createFormId()
  }
  const keys = devices.filter(({ input }) => input === 'browser_key')
  const typed = devices.filter(({ input }) => input === 'digits' || input === 'text')
  // The panel's page has none of the kinds' scripts.
  const isOnPage = devices.some(({ input }) => input === 'browser_script')
  const useKey = async () => {
    const assertion = await getAssertion()
    if (assertion === null) setMessage({ text: text('key_failed'), isError: true })
    else submit(keys[0]?.id ?? '', assertion)
  }
  return (
    <dialog ref={dialog} className="step-up" aria-labelledby="step-up-title" onCancel={() => onClose('cancelled')}>
      <h2 id="step-up-title">{text('title')}</h2>
      <p>{text(why)}</p>
      {message && <p role={message.isError ? 'alert' : 'status'}>{message.text}</p>}
      {typed.length > 0 && (
        <TokenForm devices={typed} isBusy={isBusy} onSubmit={submit} onSend={(device) => void send(device)} />
      )}
      {keys.length > 0 && browserSupportsWebAuthn() && (
        <button className="plain-button" type="button" disabled={isBusy} onClick={() => void useKey()}>
          {text('use_key')}
        </button>
      )}
      {isOnPage && <a href={pageUrl(url)}>{text('on_page')}</a>}
      <button className="plain-button step-up-cancel" type="button" onClick={() => onClose('cancelled')}>
        {text('cancel')}
      </button>
    </dialog>
  )
}

/** Returns the URL of the site's own page, which redirects to this one afterwards. */
function pageUrl(url: string): string {
  const page = new URL(url, location.href)
  page.searchParams.set('next', location.pathname + location.search)
  return page.pathname + page.search
}

interface FormProps {
  devices: readonly StepUpDevice[]
  isBusy: boolean
  onSubmit(device: string, token: string): void
  onSend(device: string): void
}

function TokenForm({ devices, isBusy, onSubmit, onSend }: FormProps) {
  const [chosen, setChosen] = useState(devices[0]?.id ?? '')
  const [token, setToken] = useState('')
  const device = devices.find(({ id }) => id === chosen)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit(chosen, token)
    setToken('')
  }
  return (
    <form onSubmit={submit}>
      {devices.length > 1 && (
        <label>
          {text('device')}
          <select name="otp_device" value={chosen} onChange={(event) => setChosen(event.target.value)}>
            {devices.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {device?.interactive && (
        <button className="plain-button" type="button" disabled={isBusy} onClick={() => onSend(chosen)}>
          {text('send')}
        </button>
      )}
      <label>
        {text(device?.isBackup ? 'backup_token' : 'token')}
        <input
          name="otp_token"
          required
          autoComplete="one-time-code"
          inputMode={device?.input === 'text' ? 'text' : 'numeric'}
          maxLength={512}
          title={device?.input === 'text' ? undefined : text('token_title')}
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      </label>
      <button className="plain-button plain-button-primary" disabled={isBusy}>
        {text('go_on')}
      </button>
    </form>
  )
}
