// Converts the API's rejections to the format that AdminJS's pages expect. It must not import
// AdminJS: AdminJS creates its client while its modules load, after this file has run.
import axios, { type AxiosError, type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios'
import { findHostResource } from '../find-host-resource.js'
import { promptStepUp } from '../step-up/prompt-step-up.js'

interface ErrorBody {
  error: { code: string; message: string; fields?: Record<string, string>; verificationUrl?: string }
}

const TYPES: Record<string, string> = { not_found: 'NotFoundError', not_allowed: 'ForbiddenError' }
const SIGN_IN = ['not_authenticated', 'not_verified', 'not_staff']

const create = axios.create.bind(axios)
axios.create = (config) => {
  const client = create(config)
  client.interceptors.response.use(undefined, (error: AxiosError<Partial<ErrorBody>>) => onError(client, error))
  return client
}

async function onError(client: AxiosInstance, error: AxiosError<Partial<ErrorBody>>): Promise<AxiosResponse> {
  const { response } = error
  const rejection = response?.data?.error
  if (!response || !rejection) throw error
  if (SIGN_IN.includes(rejection.code)) return goToLogin()
  if (rejection.code === 'enrolment_required') return reloadPage()
  if (rejection.code === 'step_up_required' && rejection.verificationUrl && error.config) {
    const outcome = await promptStepUp(rejection.verificationUrl, changesAccess(error.config) ? 'why' : 'why_host')
    if (outcome === 'signed_out') return goToLogin()
    // Sends the call again. If it is rejected again, the user is prompted again.
    if (outcome === 'confirmed') return client.request(error.config)
  }
  return { ...response, data: toAdminFormat(rejection, error.config?.url ?? '') }
}

/** Redirects to the login after the session has ended. The promise never settles, because the page is left. */
function goToLogin(): Promise<never> {
  const here = location.pathname + location.search
  location.assign(`${window.REDUX_STATE.paths.loginPath}?next=${encodeURIComponent(here)}`)
  return new Promise(() => {})
}

/** Reloads the page after the grace period has ended. The server then redirects to the setup and back. */
function reloadPage(): Promise<never> {
  location.reload()
  return new Promise(() => {})
}

/** Returns the ID in the URL of a record, which is encoded because it can be any text. */
function recordIn(url: string): string | undefined {
  const id = /\/records\/([^/?]+)\//.exec(url)?.[1]
  return id === undefined ? undefined : decodeURIComponent(id)
}

/** Checks whether a call changes how people sign in. Calls to a host's resources and pages do not. */
function changesAccess({ url = '', method = 'get' }: InternalAxiosRequestConfig): boolean {
  const [, resource] = /\/api\/resources\/([^/?]+)/.exec(url) ?? []
  return resource !== undefined && method.toLowerCase() !== 'get' && !findHostResource(decodeURIComponent(resource))
}

/** Builds the response that AdminJS's pages expect: a notice, and errors for the fields. */
function toAdminFormat({ code, message, fields = {} }: ErrorBody['error'], url: string) {
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
