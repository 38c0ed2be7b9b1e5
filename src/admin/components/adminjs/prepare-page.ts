// Runs first in the bundle, because AdminJS reads its state while it loads.
import { createTheme } from '../theme.js'

declare global {
  interface Window {
    REDUX_STATE: {
      session: PanelSession
      paths: { loginPath: string; logoutPath: string }
      resources: { id: string; ofHost?: true; actions: { name: string; component?: string | false }[] }[]
      locale: { language: string; translations: Record<string, { components: Texts }> }
    }
    THEME: object
    THEME_COMPONENTS: object
    AdminJS: object
    __webpack_nonce__: string
  }
}

/** The panel's texts by component: `components` in `locales/<language>/panel.json`. */
type Texts = Record<string, Record<string, string>>

/** What the server sends about the signed-in user. */
export interface PanelSession {
  id: number
  email: string
  title: string
  level: 'staff' | 'superuser'
  /** The text about a second factor that the policy still requires; null if nothing is due. */
  due: { text: string; link: string | null } | null
  /** The texts about failed attempts since the previous sign-in; null if there are none, or the user has responded. */
  refused: { text: string; mine: string; notMine: string } | null
}

function jsonOf(id: string) {
  return JSON.parse(document.getElementById(id)?.textContent ?? '{}')
}

window.REDUX_STATE = { ...jsonOf('panel-state'), session: jsonOf('panel-user') }
window.THEME = createTheme()
window.THEME_COMPONENTS = {}
window.AdminJS = { Components: {} }

const nonce = document.currentScript?.nonce ?? ''
// styled-components reads this. Emotion (in react-select) and the drag-and-drop library do not,
// so the nonce is added to every <style> that a script creates.
window.__webpack_nonce__ = nonce
const create = document.createElement.bind(document)
document.createElement = (name: string, options?: ElementCreationOptions) => {
  const element = create(name, options)
  if (element instanceof HTMLStyleElement) element.nonce = nonce
  return element
}
