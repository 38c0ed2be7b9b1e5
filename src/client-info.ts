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

/** Stored for an unknown browser. Pages and emails translate it. */
export const UNKNOWN_BROWSER = 'an unknown browser'
