import React from 'react'
import { Icon } from '@adminjs/design-system'
import { useTranslation } from 'adminjs'
import { useSelector } from 'react-redux'
import type { PanelSession } from './prepare-page.js'

interface State {
  session: PanelSession
  paths: { logoutPath: string }
}

/** What is above every page: the bar, and what the person has to be told. */
export function TopBar({ toggleSidebar }: { toggleSidebar: () => void }) {
  return (
    <>
      <Bar toggleSidebar={toggleSidebar} />
      <Due />
      <RefusedTries />
    </>
  )
}

/** Counts down to the end of the grace. It is read out when nothing else is. */
function Due() {
  const due = useSelector(({ session }: State) => session.due)
  if (!due) return null
  return (
    <div className="due-notice" role="status">
      {due.text} {due.link && <a href="/account/two-factor/setup">{due.link}</a>}
    </div>
  )
}

/** Somebody may know the password: the person says whether it was himself, and is led to what he can do. */
function RefusedTries() {
  const refused = useSelector(({ session }: State) => session.refused)
  if (!refused) return null
  return (
    <div className="due-notice" role="status">
      {refused.text}
      <form method="post" action="/account/two-factor/refused-tries">
        <button className="plain-button" name="answer" value="not_mine">
          {refused.notMine}
        </button>
        <button className="plain-button" name="answer" value="mine">
          {refused.mine}
        </button>
      </form>
    </div>
  )
}

/** The menu on small screens, who is signed in, and the way out. */
function Bar({ toggleSidebar }: { toggleSidebar: () => void }) {
  const { session, paths } = useSelector(({ session, paths }: State) => ({ session, paths }))
  const { translateComponent: text } = useTranslation()
  return (
    <header className="top-bar">
      <button
        className="plain-button top-bar-menu"
        type="button"
        aria-label={text('TopBar.menu')}
        onClick={toggleSidebar}
      >
        <Icon icon="Menu" size={20} />
      </button>
      <a className="top-bar-person" href="/account/two-factor" title={text('TopBar.own_page')}>
        <bdi className="top-bar-name">{session.title || session.email}</bdi>
        <span className="top-bar-level">
          {text(session.level === 'superuser' ? 'TopBar.superuser' : 'TopBar.staff')}
        </span>
      </a>
      {/* A form, because signing out changes something (ASVS 3.5.3). */}
      <form method="post" action={paths.logoutPath}>
        <button className="plain-button" type="submit" aria-label={text('TopBar.sign_out')}>
          <Icon icon="LogOut" /> <span className="plain-button-text">{text('TopBar.sign_out')}</span>
        </button>
      </form>
    </header>
  )
}
