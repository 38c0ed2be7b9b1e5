import { setTimeout } from 'node:timers/promises'

/** Waits without keeping the process alive. @returns false if `stopping` ended the pause early */
export async function sleep(milliseconds: number, stopping: AbortSignal): Promise<boolean> {
  try {
    return await setTimeout(milliseconds, true, { signal: stopping, ref: false })
  } catch {
    return false
  }
}
