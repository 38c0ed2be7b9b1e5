// Runs before everything else of the bundle: AdminJS reads its state while it loads.
import { themeFor } from './theme.js'

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

/** The panel's own texts by part of the page: `components` of `locales/<language>/panel.json`. */
type Texts = Record<string, Record<string, string>>

/** What the server tells of the person at the screen. */
export interface PanelSession {
  id: number
  email: string
  title: string
  level: 'staff' | 'superuser'
  /** The second factor that this person still owes the policy, in words; null: nothing is due. */
  due: { text: string; link: string | null } | null
  /** Tries at this person's second factor since the sign-in before; null: none, or answered. */
  refused: { text: string; mine: string; notMine: string } | null
}

function jsonOf(id: string) {
  return JSON.parse(document.getElementById(id)?.textContent ?? '{}')
}

window.REDUX_STATE = { ...jsonOf('panel-state'), session: jsonOf('panel-user') }
window.THEME = themeFor()
window.THEME_COMPONENTS = {}
window.AdminJS = { Components: {} }

const nonce = document.currentScript?.nonce ?? ''
// styled-components reads this; emotion (in react-select) and the drag-and-drop library
// do not, so every <style> that a script makes is given the nonce.
window.__webpack_nonce__ = nonce
const create = document.createElement.bind(document)
document.createElement = (name: string, options?: ElementCreationOptions) => {
  const element = create(name, options)
  if (element instanceof HTMLStyleElement) element.nonce = nonce
  return element
}
