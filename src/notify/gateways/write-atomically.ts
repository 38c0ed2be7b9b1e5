import { open, rename } from 'node:fs/promises'

/** Writes a file with mode 0600. A reader sees the complete file or none, also after a crash. */
export async function writeAtomically(file: string, content: Buffer | string): Promise<void> {
  const temporary = `${file}.part`
  const handle = await open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}

/** Returns `20260301T123456Z-<id>`, which sorts by time, is unique within a second, and is the same at every attempt. */
export function messageFileName(date: Date, id: string): string {
  return `${date.toISOString().replace(/[-:]|\.\d+/g, '')}-${id}`
}
