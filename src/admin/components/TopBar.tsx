import React from 'react'
import { Icon } from '@adminjs/design-system'
import { useTranslation } from 'adminjs'
import { useSelector } from 'react-redux'
import type { PanelSession } from './prepare-page.js'

interface State {
  session: PanelSession
  paths: { logoutPath: string }
}

/** The bar above every page: the menu on small screens, who is signed in, and the way out. */
export function TopBar({ toggleSidebar }: { toggleSidebar: () => void }) {
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
        <span className="top-bar-name">{session.title || session.email}</span>
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
