import React, { type FormEvent, useState } from 'react'
import { type ActionProps, ApiClient, type RecordJSON, useTranslation } from 'adminjs'
import { obstaclesIn, type Obstacle, ObstaclesOfHelp } from './Obstacles.js'
import { isolate } from '../../../typed-text/read-name.js'
import { OneTimeSecret } from './OneTimeSecret.js'

/** `given` of src/admin/actions/panel-actions.ts, with the obstacles that remain after the help. */
interface Given {
  secret: string | null
  expiresAt: string | null
  obstacles: Obstacle[]
}

type State = { at: 'form' } | { at: 'rejected'; why: string } | { at: 'done'; given: Given }

const api = new ApiClient()

/** Shows the page of a recovery action: explains it, asks for confirmation, and shows the result. */
export function AccountRecovery(props: ActionProps) {
  // AdminJS reuses the component for another action's page. The key resets it, so that it does not show the old result.
  return <Help key={props.action.name} {...props} />
}

function Help({ action, record }: ActionProps) {
  const { translateComponent } = useTranslation()
  const text = (name: string, values?: object) => translateComponent(`HelpPerson.${name}`, undefined, values)
  const [state, setState] = useState<State>({ at: 'form' })
  const [isSending, setSending] = useState(false)
  const [isByMail, setByMail] = useState(true)
  if (!record) return null
  const { name } = action
  const person = { email: isolate(String(record.params['email'] ?? '')) }
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setSending(true)
    const data = new FormData(event.currentTarget)
    setState(await post(name, record, data).catch((): State => ({ at: 'rejected', why: text('no_answer') })))
    setSending(false)
  }
  return (
    <section className="panel-card help-person">
      {state.at === 'rejected' && <p role="alert">{state.why}</p>}
      {state.at === 'done' ? (
        <div role="status">
          <p>{text(`${name}_done${name === 'invite' && !state.given.secret ? '_by_mail' : ''}`, person)}</p>
          {state.given.secret && <OneTimeSecret secret={state.given.secret} expiresAt={state.given.expiresAt} />}
          <ObstaclesOfHelp action={action} record={record} obstacles={state.given.obstacles} />
        </div>
      ) : (
        <form onSubmit={(event) => void send(event)}>
          <p>{text(`${name}_text`, person)}</p>
          <ObstaclesOfHelp action={action} record={record} obstacles={obstaclesIn(record, name)} />
          {name === 'invite' && <Delivery email={person.email} onChange={setByMail} />}
          <button
            className={`plain-button plain-button-${action.variant === 'danger' ? 'danger' : 'primary'}`}
            disabled={isSending}
          >
            {text(`${name}_button${name === 'invite' && isByMail ? '_by_mail' : ''}`)}
          </button>
        </form>
      )}
    </section>
  )
}

/** Chooses how the link is delivered. */
function Delivery({ email, onChange }: { email: string; onChange: (isByMail: boolean) => void }) {
  const { translateComponent: text } = useTranslation()
  return (
    <fieldset>
      <legend>{text('HelpPerson.deliver')}</legend>
      <label>
        <input type="radio" name="deliver" value="mail" defaultChecked onChange={() => onChange(true)} />{' '}
        {text('HelpPerson.by_mail', undefined, { email })}
      </label>
      <label>
        <input type="radio" name="deliver" value="page" onChange={() => onChange(false)} /> {text('HelpPerson.on_page')}
      </label>
    </fieldset>
  )
}

async function post(actionName: string, { id }: RecordJSON, data: FormData): Promise<State> {
  const response = await api.recordAction({ resourceId: 'users', recordId: id, actionName, data })
  const { notice, given }: { notice?: { message: string }; given?: Given } = response.data
  return given ? { at: 'done', given } : { at: 'rejected', why: notice?.message ?? '' }
}
