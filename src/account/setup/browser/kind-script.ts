/** What the server sends for an answer. */
export interface Challenge {
  /** Random bytes in base64url. */
  challenge: string
  devices: { id: string }[]
}

/** The exports of a kind's script. */
export interface KindScript {
  /** Returns the fields of the setup form. */
  create(): Promise<Record<string, string>>
  /** Answers a challenge. @returns null if this browser is none of the devices */
  answer(request: Challenge): Promise<{ device: string; answer: string } | null>
}
