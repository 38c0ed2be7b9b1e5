/** One complete client message of PostgreSQL's protocol 3.0. Before the start-up, messages have no type byte. */
export interface ClientMessage {
  /** The type byte as a letter, or the kind of opening packet. */
  type: string
  bytes: Buffer
}

const OPENING = new Map([
  [80877102, 'cancel'],
  [80877103, 'ssl'],
  [80877104, 'gss'],
])

/** Bytes of the largest message that PostgreSQL accepts (PQ_LARGE_MESSAGE_LIMIT). */
const LARGEST = 0x3fffffff

/** Splits one connection's byte stream into messages. Bytes of an incomplete message are stored until the next chunk. */
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

/** Returns the length of the first message in bytes, 0 while it is incomplete. */
function wholeLength(bytes: Buffer, started: boolean): number {
  const typeBytes = started ? 1 : 0
  if (bytes.length < typeBytes + 4) return 0
  const length = bytes.readUInt32BE(typeBytes)
  if (length < (started ? 4 : 8) || length > LARGEST) throw new RangeError('Not a message of the PostgreSQL protocol')
  return bytes.length < typeBytes + length ? 0 : typeBytes + length
}

const openingType = (bytes: Buffer): string => OPENING.get(bytes.readUInt32BE(4)) ?? 'startup'
