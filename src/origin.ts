/** Where a request came from, for the audit trail and the mails. Already cut to length and printable. */
export interface Origin {
  /** The client's address as Express sees it (`TRUST_PROXY`). */
  address: string | null
  /** For example `Firefox 139 on Linux`. */
  browser: string | null
  requestId: string | null
}

/** No request: the command line, a job. */
export const nowhere: Origin = { address: null, browser: null, requestId: null }

/** What is stored for a browser that is not known. Pages and mails say it in the reader's language. */
export const UNKNOWN_BROWSER = 'an unknown browser'
