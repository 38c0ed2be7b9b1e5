import React from 'react'
import { Icon } from '@adminjs/design-system'
import type { PanelSession } from './prepare-page.js'

interface Props {
  session: PanelSession
  paths: { logoutPath: string }
}

/** Who is signed in, and the way out: a form, because signing out changes something (ASVS 3.5.3). */
export function LoggedIn({ session, paths }: Props) {
  return (
    <div className="signed-in">
      <a className="signed-in-person" href="/account/two-factor" title="Your two-factor page">
        <span className="signed-in-name">{session.title || session.email}</span>
        <span className="signed-in-level">{session.level === 'superuser' ? 'Superuser' : 'Staff'}</span>
      </a>
      <form method="post" action={paths.logoutPath}>
        <button className="plain-button" type="submit" aria-label="Sign out">
          <Icon icon="LogOut" /> <span>Sign out</span>
        </button>
      </form>
    </div>
  )
}
