/** One message of a client in PostgreSQL's protocol 3.0, whole; before the start-up it has no type byte. */
export interface ClientMessage {
  /** The type byte as a letter, or what kind of opening packet it is. */
  type: string
  bytes: Buffer
}

const OPENING = new Map([
  [80877102, 'cancel'],
  [80877103, 'ssl'],
  [80877104, 'gss'],
])

/** PostgreSQL's own ceiling for one message (PQ_LARGE_MESSAGE_LIMIT). */
const LARGEST = 0x3fffffff

/** Cuts one connection's byte stream into messages; bytes of an unfinished message wait for the next chunk. */
export function createMessageReader(): (chunk: Buffer) => ClientMessage[] {
  let rest: Buffer = Buffer.alloc(0)
  let started = false
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const messages: ClientMessage[] = []
    for (let length = wholeLength(rest, started); length > 0; length = wholeLength(rest, started)) {
      const bytes = rest.subarray(0, length)
      rest = rest.subarray(length)
      const type = started ? String.fromCharCode(bytes.readUInt8(0)) : openingType(bytes)
      started ||= type === 'startup'
      messages.push({ type, bytes })
    }
    return messages
  }
}

/** Bytes of the first message, 0 while it is incomplete. */
function wholeLength(bytes: Buffer, started: boolean): number {
  const typeBytes = started ? 1 : 0
  if (bytes.length < typeBytes + 4) return 0
  const length = bytes.readUInt32BE(typeBytes)
  if (length < (started ? 4 : 8) || length > LARGEST) throw new RangeError('Not a message of the PostgreSQL protocol')
  return bytes.length < typeBytes + length ? 0 : typeBytes + length
}

const openingType = (bytes: Buffer): string => OPENING.get(bytes.readUInt32BE(4)) ?? 'startup'
