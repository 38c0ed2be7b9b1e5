/** Whether an origin crosses the network without TLS. Browsers treat local origins as secure (W3C Secure Contexts §3.1). */
export function isPlainHttp(origin: string): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, hostname } = new URL(origin)
  return protocol === 'http:' && !/^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}
