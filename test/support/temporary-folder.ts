import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inject } from 'vitest'

const folders: string[] = []

/**
 * Creates a temporary DATA_DIR, which is removed at the end of the test file. With `migrated` or `new`, its
 * database (with or without tables) is a copy of a template that opens in 0.3 s. Creating one takes 5 s.
 */
export function temporaryFolder(content: 'migrated' | 'new' | 'empty' = 'empty'): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'otp-'))
  folders.push(folder)
  if (content !== 'empty') cpSync(path.join(inject('embeddedTemplates'), content), folder, { recursive: true })
  return folder
}

/** Removes the temporary folders of the test file that ends: for test/setup.ts. */
export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
