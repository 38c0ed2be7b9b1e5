import { request, type IncomingHttpHeaders } from 'node:http'

export interface HttpResponse {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** Path and query of a redirect, without this site's origin. */
  location: string | undefined
  /** `data-code` of the page's alert, or `error.code` of JSON. */
  code: string | undefined
}

export interface HttpRequest {
  method?: string
  form?: Record<string, string>
  body?: string | Buffer
  headers?: Record<string, string>
}

/** The HTTP part of a browser: it stores cookies and sends the origin of its requests. */
export interface HttpBrowser {
  visit(path: string, visit?: HttpRequest): Promise<HttpResponse>
  get(path: string): Promise<HttpResponse>
  post(path: string, form?: Record<string, string>): Promise<HttpResponse>
  cookies: Map<string, string>
}

/**
 * @param baseUrl also sent as `Origin`
 * @param userAgent sent as `User-Agent`
 * @param cookies those of another browser, to share them
 */
export function createHttpBrowser(
  baseUrl: string,
  userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0',
  cookies = new Map<string, string>(),
): HttpBrowser {
  const visit = async (
    path: string,
    { method = 'GET', form, body, headers = {} }: HttpRequest = {},
  ): Promise<HttpResponse> => {
    const sent = form ? new URLSearchParams(form).toString() : body
    const response = await send(baseUrl, path, method, sent, {
      'User-Agent': userAgent,
      'Sec-Fetch-Site': 'same-origin',
      ...(method === 'POST' && { Origin: baseUrl }),
      ...(form && { 'Content-Type': 'application/x-www-form-urlencoded' }),
      ...(cookies.size > 0 && { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
      ...headers,
    })
    for (const line of response.headers['set-cookie'] ?? []) storeCookie(cookies, line)
    return response
  }
  return {
    visit,
    cookies,
    get: (path) => visit(path),
    post: (path, form = {}) => visit(path, { method: 'POST', form }),
  }
}

function storeCookie(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split('; ')
  const [name = '', value = ''] = pair.split(/=(.*)/s)
  const isDeleted = attributes.some((attribute) => /^expires=thu, 01 jan 1970/i.test(attribute))
  if (isDeleted) cookies.delete(name)
  else cookies.set(name, value)
}

function send(
  baseUrl: string,
  path: string,
  method: string,
  body: string | Buffer | undefined,
  headers: Record<string, string>,
): Promise<HttpResponse> {
  const { hostname, port } = new URL(baseUrl)
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const sending = request({ host: hostname, port, path, method, headers: { ...length, ...headers } }, (res) => {
      const parts: Buffer[] = []
      res.on('data', (part: Buffer) => parts.push(part))
      res.on('end', () =>
        resolve(toResponse(res.statusCode ?? 0, res.headers, Buffer.concat(parts).toString(), baseUrl)),
      )
      res.on('error', reject)
    })
    sending.on('error', reject)
    sending.end(body)
  })
}

function toResponse(status: number, headers: IncomingHttpHeaders, text: string, baseUrl: string): HttpResponse {
  const location = headers.location?.replace(baseUrl, '')
  return { status, headers, text, location, code: /data-code="(\w+)"/.exec(text)?.[1] ?? errorCode(text) }
}

function errorCode(text: string): string | undefined {
  return /^\{"error":\{"code":"(\w+)"/.exec(text)?.[1]
}
