import { open, rename } from 'node:fs/promises'

/** Writes a file that its owner alone can read. A reader sees the whole file or none, also after a crash. */
export async function writeWhole(file: string, content: Buffer | string): Promise<void> {
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

/** `20260301T123456Z-<id>`: sorts by time, tells messages of one second apart, and is the same at every try. */
export function messageFileName(date: Date, id: string): string {
  return `${date.toISOString().replace(/[-:]|\.\d+/g, '')}-${id}`
}
