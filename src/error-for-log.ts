/** Maximum number of logged causes, because an error can be its own cause. */
const MAX_CAUSES = 5

/**
 * Copies the parts of an error that help to find its cause. An application's logger can write to
 * the error, which throws if it is frozen, and reads all its properties: Sequelize's errors
 * contain the statement with its values, which can be secret.
 */
export function errorForLog(error: unknown, causes = MAX_CAUSES): Error {
  if (!(error instanceof Error)) return copyOf('NonError', typeof error === 'string' ? error : typeof error)
  const { name, message, stack, code, cause } = partsOf(error)
  const copy = copyOf(textOf(name) ?? 'Error', textOf(message) ?? '')
  copy.stack = textOf(stack) ?? ''
  if (typeof code === 'string') Object.assign(copy, { code })
  if (cause instanceof Error && causes > 0) copy.cause = errorForLog(cause, causes - 1)
  return copy
}

function copyOf(name: string, message: string): Error {
  const copy = new Error(message)
  copy.name = name
  copy.stack = `${name}: ${message}`
  // Pino takes the type from the constructor if there is one.
  return Object.defineProperty(copy, 'constructor', { value: undefined })
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Reads the parts one by one, because a getter or a proxy can throw. */
function partsOf(error: Error): Readonly<Record<'name' | 'message' | 'stack' | 'code' | 'cause', unknown>> {
  const read = (part: string): unknown => {
    try {
      return Reflect.get(error, part)
    } catch {
      return undefined
    }
  }
  return {
    name: read('name'),
    message: read('message'),
    stack: read('stack'),
    code: read('code'),
    cause: read('cause'),
  }
}
