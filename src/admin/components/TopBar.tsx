import React from 'react'
import { Icon } from '@adminjs/design-system'
import { useTranslation } from 'adminjs'
import { useSelector } from 'react-redux'
import type { PanelSession } from './adminjs/prepare-page.js'

interface State {
  session: PanelSession
  paths: { logoutPath: string }
}

/** Shows the top of every page: the bar, and the banners for the user. */
export function TopBar({ toggleSidebar }: { toggleSidebar: () => void }) {
  return (
    <>
      <Bar toggleSidebar={toggleSidebar} />
      <GracePeriodBanner />
      <FailedAttemptsBanner />
    </>
  )
}

/** Shows how much of the grace period is left. Screen readers announce it politely. */
function GracePeriodBanner() {
  const due = useSelector(({ session }: State) => session.due)
  if (!due) return null
  return (
    <div className="due-notice" role="status">
      {due.text} {due.link && <a href="/account/two-factor/setup">{due.link}</a>}
    </div>
  )
}

/** Shows failed attempts of someone who may know the password. The user can say it was them, or secure the account. */
function FailedAttemptsBanner() {
  const failedAttempts = useSelector(({ session }: State) => session.refused)
  if (!failedAttempts) return null
  return (
    <div className="due-notice" role="status">
      {failedAttempts.text}
      <form method="post" action="/account/two-factor/refused-tries">
        <button className="plain-button" name="answer" value="not_mine">
          {failedAttempts.notMine}
        </button>
        <button className="plain-button" name="answer" value="mine">
          {failedAttempts.mine}
        </button>
      </form>
    </div>
  )
}

/** Shows the menu button on small screens, the signed-in user, and the button to sign out. */
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
