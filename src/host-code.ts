/** Errors thrown by the application's code. The errors themselves are not changed. */
const thrown = new WeakSet<object>()

/**
 * Runs code of the application: an adapter's method or an event handler. Marks errors that it
 * throws, because it is unknown what the code had already done.
 */
export async function runHostCode<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (typeof error === 'object' && error !== null) thrown.add(error)
    throw error
  }
}

/** Whether an error comes from the application's code, so that the response cannot claim that nothing was changed. */
export function isFromHost(error: unknown): boolean {
  return typeof error === 'object' && error !== null && thrown.has(error)
}
