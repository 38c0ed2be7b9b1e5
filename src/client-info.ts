/** Where a request came from, for the audit log and emails. Already truncated and printable. */
export interface ClientInfo {
  /** The client's IP address as Express determines it (`TRUST_PROXY`). */
  address: string | null
  /** For example `Firefox 139 on Linux`. */
  browser: string | null
  requestId: string | null
}

/** For actions without a request: the command line, a job. */
export const noClient: ClientInfo = { address: null, browser: null, requestId: null }

/** Stored for an unknown browser. {@link nameBrowser} translates it. */
export const UNKNOWN_BROWSER = 'an unknown browser'

/**
 * Returns a stored browser for a reader, with the text of the reader's language if it is unknown.
 *
 * @param stored a browser, or one with its IP address, such as `192.0.2.7, Firefox 139 on Linux`
 * @param unknown the text for {@link UNKNOWN_BROWSER}
 */
export function nameBrowser(stored: string, unknown: string): string {
  return stored.replace(UNKNOWN_BROWSER, () => unknown)
}
