/**
 * Waits for work with a time limit. The work itself continues; if it fails later, the error is
 * ignored.
 *
 * @returns undefined if it was not finished in time
 */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, milliseconds, undefined)))
  try {
    return await Promise.race([work, over])
  } finally {
    clearTimeout(timer)
  }
}
