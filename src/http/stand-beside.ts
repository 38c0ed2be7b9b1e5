import type { Express, Request, RequestHandler, Response } from 'express'
import { SiteError } from '../errors.js'

/** What we set on a request, and an application may have there under the same name. */
const ON_REQUEST = ['session', 'sessionID', 'sessionStore', 'auth', 'user', 't', 'language', 'id', 'log'] as const
/** The same of its answer. */
const ON_RESPONSE = ['redirect'] as const
/** What its routes get of ours, unless it has its own. */
const SHOWN = ['auth', 'user'] as const

/** One side's view of a request. */
interface Side {
  request: Map<string, PropertyDescriptor>
  response: Map<string, PropertyDescriptor>
  requestMethods: object
  responseMethods: object
  headers: Readonly<Record<string, number | string | string[] | undefined>>
}

/** A request that two applications look at in turn; one side is kept while the other looks. */
type Shared = { within: true; host: Side } | { within: false; own: Side } | { within: false; own: null }

const shared = new WeakMap<Request, Shared>()

/** What the application's routes were shown of ours: they may have put something else there since. */
const shown = new WeakMap<Request, Map<string, unknown>>()

/**
 * Mounts a site beside an application's own routes. What the site puts on a request and on its
 * answer (session, language, log, headers) is taken away again where it hands the request on,
 * so that the application finds its own; `req.auth` and `req.user` stay, unless it has its own.
 *
 * @param onArrival called once, with the application that the first request came through
 * @throws SiteError `site_not_at_root` where it is mounted under a path
 */
export function standBeside(
  app: Express,
  onArrival: (host: object, self: RequestHandler) => void = () => {},
): RequestHandler {
  let hasArrived = false
  return function self(req, res, next) {
    if (req.baseUrl) throw notAtRoot(req.baseUrl)
    trustLike(app, req)
    const { app: host }: Partial<Pick<Request, 'app'>> = req
    if (!hasArrived && host) onArrival(host, self)
    hasArrived = true
    returnWhenAnswered(req, res)
    shared.set(req, { within: true, host: look(req, res) })
    clear(req, res)
    app(req, res, (fault: unknown) => {
      handOn(req, res)
      next(fault)
    })
  }
}

/** Where `TRUST_PROXY` says nothing, what the application says of its proxies holds; a plain server says nothing. */
function trustLike(app: Express, req: Partial<Pick<Request, 'app'>>): void {
  const proxies: unknown = req.app?.get('trust proxy')
  if (proxies && !app.get('trust proxy')) app.set('trust proxy', proxies)
}

/** The application's own setting, as it stands for a request that we look at; undefined: none, or no Express. */
export function hostSetting(req: Request, name: string): unknown {
  const standing = shared.get(req)
  const methods: Partial<Pick<Request, 'app'>> = standing?.within ? standing.host.requestMethods : {}
  return methods.app?.get(name)
}

/** Whether the application got this request, which has its own log. */
export function isHandedOn(req: Request): boolean {
  return shared.get(req)?.within === false
}

/**
 * A guard of ours on an application's route: it sees the request as the site left it, and
 * what comes after it as the application had it.
 */
export function within(guard: RequestHandler): RequestHandler {
  return async (req, res, next) => {
    const standing = shared.get(req)
    if (!standing || standing.within || !standing.own) return guard(req, res, next)
    returnWhenAnswered(req, res)
    shared.set(req, { within: true, host: look(req, res) })
    become(req, res, standing.own)
    const leave = (fault?: unknown) => {
      handOn(req, res)
      next(fault)
    }
    try {
      await guard(req, res, leave)
    } catch (fault) {
      leave(fault)
    }
  }
}

/** The same for a single piece of work of ours in an application's handler. */
export async function withinSite<T>(req: Request, work: () => Promise<T>): Promise<T> {
  const standing = shared.get(req)
  const { res } = req
  if (!res || !standing || standing.within || !standing.own) return work()
  shared.set(req, { within: true, host: look(req, res) })
  become(req, res, standing.own)
  return work().finally(() => handOn(req, res))
}

function look(req: Request, res: Response): Side {
  return {
    request: pick(req, ON_REQUEST),
    response: pick(res, ON_RESPONSE),
    requestMethods: Object.getPrototypeOf(req),
    responseMethods: Object.getPrototypeOf(res),
    headers: { ...res.getHeaders() },
  }
}

function become(req: Request, res: Response, side: Side): void {
  wear(req, res, side)
  Object.setPrototypeOf(req, side.requestMethods)
  Object.setPrototypeOf(res, side.responseMethods)
  if (res.headersSent) return
  // Cookies are the browser's, whoever sets them.
  for (const name of res.getHeaderNames())
    if (name !== 'set-cookie' && side.headers[name] === undefined) res.removeHeader(name)
  for (const [name, value] of Object.entries(side.headers))
    if (name !== 'set-cookie' && value !== undefined) res.setHeader(name, value)
}

function wear(req: Request, res: Response, { request, response }: Pick<Side, 'request' | 'response'>): void {
  put(req, ON_REQUEST, request)
  put(res, ON_RESPONSE, response)
}

function clear(req: Request, res: Response): void {
  wear(req, res, { request: new Map(), response: new Map() })
}

/** Gives the request to the application. Does nothing where it has it already. */
function handOn(req: Request, res: Response): void {
  const standing = shared.get(req)
  if (!standing?.within) return
  const own = look(req, res)
  shared.set(req, { within: false, own })
  become(req, res, standing.host)
  show(req, own)
}

/**
 * Where we answer ourselves, the application's session looks at the request once more before
 * the headers go out and at the end, and must find its own there and not ours. Whoever has
 * wrapped these two before is asked after us, so that they are wrapped at each entry.
 */
function returnWhenAnswered(req: Request, res: Response): void {
  const { writeHead, end } = res
  const giveBack = () => {
    const standing = shared.get(req)
    if (standing?.within) wear(req, res, standing.host)
  }
  res.writeHead = function answered(this: Response, ...given: unknown[]) {
    giveBack()
    return Reflect.apply(writeHead, this, given)
  }
  res.end = function ended(this: Response, ...given: unknown[]) {
    giveBack()
    return Reflect.apply(end, this, given)
  }
}

function show(req: Request, { request }: Side): void {
  const before = shown.get(req) ?? new Map<string, unknown>()
  for (const name of SHOWN) {
    const isTheirs = Object.hasOwn(req, name) && req[name] !== before.get(name)
    if (isTheirs) continue
    put(req, [name], request)
    before.set(name, req[name])
  }
  shown.set(req, before)
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
