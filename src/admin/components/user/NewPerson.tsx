import React, { type FormEvent, useState } from 'react'
import { ApiClient, useTranslation } from 'adminjs'
import { Link } from 'react-router-dom'
import { languageNames } from '../../../i18n/languages.js'
import { isolate } from '../../../typed-text/read-name.js'
import { OneTimeSecret } from './OneTimeSecret.js'

/** `given` of src/admin/actions/add-user.ts. */
interface Added {
  userId: number
  secret: string | null
  expiresAt: string | null
}

interface Rejected {
  why: string
  fields: Readonly<Record<string, { message: string }>>
}

const api = new ApiClient()

/** Shows the form that adds a person and invites them, and then the result. */
export function NewPerson() {
  const { translateComponent: text } = useTranslation()
  const [added, setAdded] = useState<(Added & { email: string }) | null>(null)
  const [rejected, setRejected] = useState<Rejected | null>(null)
  const [isSending, setSending] = useState(false)
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setSending(true)
    const data = new FormData(event.currentTarget)
    const email = data.get('email')
    const result = await post(data).catch((): Rejected => ({ why: text('HelpPerson.no_answer'), fields: {} }))
    setSending(false)
    if ('why' in result) setRejected(result)
    else setAdded({ ...result, email: typeof email === 'string' ? email : '' })
  }
  const again = () => {
    setAdded(null)
    setRejected(null)
  }
  return (
    <section className="panel-card help-person">
      {added ? (
        <Result added={added} onAgain={again} />
      ) : (
        <form className="panel-form" noValidate onSubmit={(event) => void send(event)}>
          {rejected && <p role="alert">{rejected.why}</p>}
          <Fields errors={rejected?.fields ?? {}} isSending={isSending} />
        </form>
      )}
    </section>
  )
}

function Fields({ errors, isSending }: { errors: Rejected['fields']; isSending: boolean }) {
  const { translateComponent: text, translateProperty } = useTranslation()
  const [isByMail, setByMail] = useState(true)
  const error = (name: string) => errors[name] && <span role="alert">{errors[name].message}</span>
  const isSuperuser = window.REDUX_STATE.session?.level === 'superuser'
  return (
    <>
      <p>{text('NewPerson.text')}</p>
      <label>
        {translateProperty('email', 'users')}
        <input name="email" inputMode="email" required autoFocus autoComplete="off" maxLength={512} />
        {error('email')}
      </label>
      <label>
        {translateProperty('name', 'users')}
        <input name="name" autoComplete="off" />
        {error('name')}
      </label>
      <label>
        {text('NewPerson.language')}
        <select name="locale">
          <option value="">{text('NewPerson.language_of_browser')}</option>
          {Object.entries(languageNames).map(([tag, name]) => (
            <option key={tag} value={tag} lang={tag}>
              {name}
            </option>
          ))}
        </select>
        {error('locale')}
      </label>
      <fieldset>
        <legend>{text('NewPerson.level')}</legend>
        <label>
          <input type="checkbox" name="is_staff" value="true" defaultChecked /> {text('NewPerson.staff')}
        </label>
        {isSuperuser && (
          <label>
            <input type="checkbox" name="is_superuser" value="true" /> {text('NewPerson.superuser')}
          </label>
        )}
      </fieldset>
      <fieldset>
        <legend>{text('HelpPerson.deliver')}</legend>
        <label>
          <input type="radio" name="deliver" value="mail" defaultChecked onChange={() => setByMail(true)} />{' '}
          {text('NewPerson.by_mail')}
        </label>
        <label>
          <input type="radio" name="deliver" value="page" onChange={() => setByMail(false)} />{' '}
          {text('HelpPerson.on_page')}
        </label>
      </fieldset>
      <button className="plain-button plain-button-primary" disabled={isSending}>
        {text(isByMail ? 'NewPerson.button_by_mail' : 'NewPerson.button')}
      </button>
    </>
  )
}

function Result({ added, onAgain }: { added: Added & { email: string }; onAgain: () => void }) {
  const { translateComponent: text } = useTranslation()
  const person = { email: isolate(added.email) }
  return (
    <div role="status">
      <p>{text(added.secret ? 'NewPerson.done' : 'NewPerson.done_by_mail', undefined, person)}</p>
      {added.secret && <OneTimeSecret secret={added.secret} expiresAt={added.expiresAt} />}
      <p className="record-actions">
        <Link className="plain-button" to={`/admin/resources/users/records/${added.userId}/show`}>
          {text('NewPerson.open')}
        </Link>
        <button className="plain-button" type="button" onClick={onAgain}>
          {text('NewPerson.again')}
        </button>
      </p>
    </div>
  )
}

async function post(data: FormData): Promise<Added | Rejected> {
  const response = await api.resourceAction({ resourceId: 'users', actionName: 'new', data })
  const { given, record, notice }: AddResponse = response.data
  return given ?? { why: notice?.message ?? '', fields: record?.errors ?? {} }
}

interface AddResponse {
  given?: Added
  record?: { errors?: Rejected['fields'] }
  notice?: { message: string }
}
