/** Returns the median, which a short disturbance does not change. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[sorted.length >> 1] ?? NaN)) / 2
}

/** @example formatThousands(3512.4) // '3,512' */
export function formatThousands(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** Runs something several times in a row, and returns the milliseconds of each run. */
export async function timeEach(times: number, work: () => Promise<unknown>): Promise<number[]> {
  const measured: number[] = []
  while (measured.length < times) {
    const start = performance.now()
    await work()
    measured.push(performance.now() - start)
  }
  return measured
}

/** Processes the items in order, `width` at a time. */
export async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
