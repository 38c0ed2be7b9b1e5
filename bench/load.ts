import autocannon from 'autocannon'

export interface LoadRequest {
  path: string
  method?: 'GET' | 'POST' | 'HEAD'
  headers?: Record<string, string>
}

/** Repeats a request. @returns the number of responses in total and per second, and their statuses */
export async function load(baseUrl: string, request: LoadRequest, seconds: number, connections = 10) {
  const result = await autocannon({
    url: `${baseUrl}${request.path}`,
    method: request.method ?? 'GET',
    headers: request.headers ?? {},
    connections,
    duration: seconds,
  })
  const statuses = Object.entries(result.statusCodeStats ?? {}).map(([status, { count = 0 }]) => ({ status, count }))
  const responses = statuses.reduce((sum, { count }) => sum + count, 0)
  return { responses, perSecond: responses / result.duration, statuses: statuses.map(({ status }) => Number(status)) }
}
