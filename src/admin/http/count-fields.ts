/**
 * Checks before parsing whether a body has too many fields. Parsing a hundred thousand of them
 * would block all other requests.
 *
 * @param type the `Content-Type` header
 * @param max number of fields; for JSON, of values at any depth
 */
export function hasMoreFields(body: Buffer, type: string, max: number): boolean {
  if (type.startsWith('application/json')) return countValues(body, max) > max
  if (type.startsWith('application/x-www-form-urlencoded')) return occurs(body, '&', max)
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(type) ?? []
  const boundary = quoted ?? plain
  // The last boundary ends the body.
  return boundary === undefined || occurs(body, `--${boundary}`, max + 1)
}

/** Checks whether a text occurs more than `max` times. */
function occurs(body: Buffer, text: string, max: number): boolean {
  let at = -1
  for (let left = max; left >= 0; left -= 1) {
    at = body.indexOf(text, at + 1, 'latin1')
    if (at === -1) return false
  }
  return true
}

const [QUOTE, BACKSLASH, COMMA, BRACE, BRACKET] = [0x22, 0x5c, 0x2c, 0x7b, 0x5b]

/** Counts the values of a JSON text, one for each comma, array and object. It stops above `max`. */
function countValues(json: Buffer, max: number): number {
  let count = 0
  let isText = false
  for (let at = 0; at < json.length && count <= max; at += 1) {
    const sign = json[at]
    if (isText && sign === BACKSLASH) at += 1
    else if (sign === QUOTE) isText = !isText
    else if (!isText && (sign === COMMA || sign === BRACE || sign === BRACKET)) count += 1
  }
  return count
}
