import type { Express, Request, RequestHandler, Response } from 'express'
import { SiteError } from '../errors.js'

/** Properties that the site sets on a request, and that a host application may set under the same name. */
const ON_REQUEST = ['session', 'sessionID', 'sessionStore', 'auth', 'user', 't', 'language', 'id', 'log'] as const
/** Likewise on a response. */
const ON_RESPONSE = ['redirect'] as const
/** The site's properties that the host's routes can read, unless the host sets its own. */
const EXPOSED_TO_HOST = ['auth', 'user'] as const

/** One application's properties, prototypes and headers on a request and its response. */
interface RequestView {
  request: Map<string, PropertyDescriptor>
  response: Map<string, PropertyDescriptor>
  requestMethods: object
  responseMethods: object
  headers: Readonly<Record<string, number | string | string[] | undefined>>
}

/** Which of the two applications handles a request at the moment, with the saved view of the other one. */
type Shared = { within: true; host: RequestView } | { within: false; own: RequestView } | { within: false; own: null }

const isolations = new WeakMap<Request, Shared>()

/** The values of the site that the host's routes can read. The host may have replaced them since. */
const exposed = new WeakMap<Request, Map<string, unknown>>()

/**
 * Mounts a site in a host application. Before the site passes a request on, it removes what it put
 * on the request and its response (session, language, log, headers) and restores the host's values.
 * `req.auth` and `req.user` stay, unless the host sets its own.
 *
 * @param onArrival called once, with the host application of the first request
 * @throws SiteError `site_not_at_root` if it is mounted under a path
 */
export function mountInHost(
  app: Express,
  onArrival: (host: object, self: RequestHandler) => void = () => {},
): RequestHandler {
  let hasArrived = false
  return function self(req, res, next) {
    if (req.baseUrl) throw notAtRoot(req.baseUrl)
    inheritTrustProxy(app, req)
    const { app: host }: Partial<Pick<Request, 'app'>> = req
    if (!hasArrived && host) onArrival(host, self)
    hasArrived = true
    restoreHostOnResponse(req, res)
    isolations.set(req, { within: true, host: captureView(req, res) })
    clearProperties(req, res)
    app(req, res, (error: unknown) => {
      returnToHost(req, res)
      next(error)
    })
  }
}

/** Without `TRUST_PROXY`, the host application's setting for proxies applies. A plain server has none. */
function inheritTrustProxy(app: Express, req: Partial<Pick<Request, 'app'>>): void {
  const proxies: unknown = req.app?.get('trust proxy')
  if (proxies && !app.get('trust proxy')) app.set('trust proxy', proxies)
}

/** Reads a setting of the host application while the site handles a request. Undefined if it has none, or is not Express. */
export function hostSetting(req: Request, name: string): unknown {
  const isolation = isolations.get(req)
  const methods: Partial<Pick<Request, 'app'>> = isolation?.within ? isolation.host.requestMethods : {}
  return methods.app?.get(name)
}

/** Whether the site passed this request on to the host application, which has its own log. */
export function isReturnedToHost(req: Request): boolean {
  return isolations.get(req)?.within === false
}

/**
 * Runs one of the site's guards on a host's route. The guard sees the site's values on the
 * request, and the handlers after it see the host's.
 */
export function guardAsSite(guard: RequestHandler): RequestHandler {
  return async (req, res, next) => {
    const isolation = isolations.get(req)
    if (!isolation || isolation.within || !isolation.own) return guard(req, res, next)
    restoreHostOnResponse(req, res)
    isolations.set(req, { within: true, host: captureView(req, res) })
    restoreView(req, res, isolation.own)
    const leave = (error?: unknown) => {
      returnToHost(req, res)
      next(error)
    }
    try {
      await guard(req, res, leave)
    } catch (error) {
      leave(error)
    }
  }
}

/** Runs a function with the site's values on the request, inside a handler of the host. */
export async function runAsSite<T>(req: Request, work: () => Promise<T>): Promise<T> {
  const isolation = isolations.get(req)
  const { res } = req
  if (!res || !isolation || isolation.within || !isolation.own) return work()
  isolations.set(req, { within: true, host: captureView(req, res) })
  restoreView(req, res, isolation.own)
  return work().finally(() => returnToHost(req, res))
}

function captureView(req: Request, res: Response): RequestView {
  return {
    request: pick(req, ON_REQUEST),
    response: pick(res, ON_RESPONSE),
    requestMethods: Object.getPrototypeOf(req),
    responseMethods: Object.getPrototypeOf(res),
    headers: { ...res.getHeaders() },
  }
}

function restoreView(req: Request, res: Response, side: RequestView): void {
  assignProperties(req, res, side)
  Object.setPrototypeOf(req, side.requestMethods)
  Object.setPrototypeOf(res, side.responseMethods)
  if (res.headersSent) return
  // Cookies of both applications reach the browser.
  for (const name of res.getHeaderNames())
    if (name !== 'set-cookie' && side.headers[name] === undefined) res.removeHeader(name)
  for (const [name, value] of Object.entries(side.headers))
    if (name !== 'set-cookie' && value !== undefined) res.setHeader(name, value)
}

function assignProperties(
  req: Request,
  res: Response,
  { request, response }: Pick<RequestView, 'request' | 'response'>,
): void {
  put(req, ON_REQUEST, request)
  put(res, ON_RESPONSE, response)
}

function clearProperties(req: Request, res: Response): void {
  assignProperties(req, res, { request: new Map(), response: new Map() })
}

/** Passes the request on to the host application. Does nothing if the host already handles it. */
function returnToHost(req: Request, res: Response): void {
  const isolation = isolations.get(req)
  if (!isolation?.within) return
  const own = captureView(req, res)
  isolations.set(req, { within: false, own })
  restoreView(req, res, isolation.host)
  show(req, own)
}

/**
 * Restores the host's properties when the site responds itself: the host's session middleware reads
 * the request again before the headers are sent and at the end. Functions that wrapped these two
 * methods earlier run after the site's, so they are wrapped again each time the site takes over.
 */
function restoreHostOnResponse(req: Request, res: Response): void {
  const { writeHead, end } = res
  const giveBack = () => {
    const isolation = isolations.get(req)
    if (isolation?.within) assignProperties(req, res, isolation.host)
  }
  res.writeHead = function answered(this: Response, ...args: unknown[]) {
    giveBack()
    return Reflect.apply(writeHead, this, args)
  }
  res.end = function ended(this: Response, ...args: unknown[]) {
    giveBack()
    return Reflect.apply(end, this, args)
  }
}

function show(req: Request, { request }: RequestView): void {
  const before = exposed.get(req) ?? new Map<string, unknown>()
  for (const name of EXPOSED_TO_HOST) {
    const isHosts = Object.hasOwn(req, name) && req[name] !== before.get(name)
    if (isHosts) continue
    put(req, [name], request)
    before.set(name, req[name])
  }
  exposed.set(req, before)
}

function pick(from: object, names: readonly string[]): Map<string, PropertyDescriptor> {
  return new Map(
    names.flatMap((name) => {
      const own = Object.getOwnPropertyDescriptor(from, name)
      return own ? [[name, own]] : []
    }),
  )
}

function put(on: object, names: readonly string[], values: ReadonlyMap<string, PropertyDescriptor>): void {
  for (const name of names) {
    const own = values.get(name)
    if (own) Object.defineProperty(on, name, own)
    else Reflect.deleteProperty(on, name)
  }
}

function notAtRoot(path: string): SiteError {
  return new SiteError(
    'site_not_at_root',
    `The site is mounted under ${path}, but its paths start with /account and /admin.`,
    'Mount it with `app.use(site.router)`.',
  )
}
