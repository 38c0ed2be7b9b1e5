// Hands our API's refusals to AdminJS's pages in the shape they understand. Knows nothing of
// AdminJS's own client: that is made while its modules load, and must find this in place.
import axios, { type AxiosError, type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios'
import { hostResource } from './host-resource.js'
import { askForToken } from './step-up/ask-for-token.js'

interface Refusal {
  error: { code: string; message: string; fields?: Record<string, string>; verificationUrl?: string }
}

const TYPES: Record<string, string> = { not_found: 'NotFoundError', not_allowed: 'ForbiddenError' }
const SIGN_IN = ['not_authenticated', 'not_verified', 'not_staff']

const create = axios.create.bind(axios)
axios.create = (config) => {
  const client = create(config)
  client.interceptors.response.use(undefined, (error: AxiosError<Partial<Refusal>>) => onError(client, error))
  return client
}

async function onError(client: AxiosInstance, error: AxiosError<Partial<Refusal>>): Promise<AxiosResponse> {
  const { response } = error
  const refusal = response?.data?.error
  if (!response || !refusal) throw error
  if (SIGN_IN.includes(refusal.code)) return goToLogin()
  if (refusal.code === 'enrolment_required') return loadAgain()
  if (refusal.code === 'step_up_required' && refusal.verificationUrl && error.config) {
    const outcome = await askForToken(refusal.verificationUrl, changesAccess(error.config) ? 'why' : 'why_host')
    if (outcome === 'ended') return goToLogin()
    // The same call again; one that still falls short asks again.
    if (outcome === 'given') return client.request(error.config)
  }
  return { ...response, data: inAdminShape(refusal, error.config?.url ?? '') }
}

/** The session is over. Nothing more happens on this page, so the promise stays open. */
function goToLogin(): Promise<never> {
  const here = location.pathname + location.search
  location.assign(`${window.REDUX_STATE.paths.loginPath}?next=${encodeURIComponent(here)}`)
  return new Promise(() => {})
}

/** The grace has ended while this page was open: the server leads from its address to the set-up and back. */
function loadAgain(): Promise<never> {
  location.reload()
  return new Promise(() => {})
}

/** A key may be any text, and stands encoded in the address. */
function recordIn(url: string): string | undefined {
  const id = /\/records\/([^/?]+)\//.exec(url)?.[1]
  return id === undefined ? undefined : decodeURIComponent(id)
}

/** Whether a call changes how people sign in; an application's resources and pages have nothing to do with that. */
function changesAccess({ url = '', method = 'get' }: InternalAxiosRequestConfig): boolean {
  const [, resource] = /\/api\/resources\/([^/?]+)/.exec(url) ?? []
  return resource !== undefined && method.toLowerCase() !== 'get' && !hostResource(decodeURIComponent(resource))
}

/** What AdminJS's pages understand: a notice, and errors beside the fields. */
function inAdminShape({ code, message, fields = {} }: Refusal['error'], url: string) {
  const id = recordIn(url)
  const baseError = { type: TYPES[code] ?? 'ValidationError', message }
  const errors = Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, { message: text }]))
  return {
    record: { id, params: {}, populated: {}, errors, baseError, recordActions: [], bulkActions: [] },
    records: [],
    notice: { message, type: 'error' },
    meta: { total: 0, perPage: 0, page: 0, direction: null, sortBy: null },
  }
}
