/** What the application's code has thrown. The errors themselves stay as they are. */
const thrown = new WeakSet<object>()

/**
 * Runs code of the application: a method of an adapter, or a handler of an event. Remembers
 * of what it throws where it came from, because nobody knows what that code had done by then.
 */
export async function runHostCode<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (fault) {
    if (typeof fault === 'object' && fault !== null) thrown.add(fault)
    throw fault
  }
}

/** Whether an error comes from the application's code, so that an answer to it can promise nothing. */
export function isFromHost(fault: unknown): boolean {
  return typeof fault === 'object' && fault !== null && thrown.has(fault)
}
