import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SiteError } from '../../errors.js'
import type { AdminJS } from '../adminjs.js'

/** The host's components as one script. */
export interface ComponentBundle {
  /** File name with a hash of the content. */
  name: string
  script: Buffer
}

/**
 * Bundles the components of the host's ComponentLoader with AdminJS's own bundler, as AdminJS
 * does at start-up. It only writes to a temporary folder, so the working folder can be read-only.
 *
 * @returns null if the host has no components
 * @throws {SiteError} `host_components` with the bundler's error as its cause
 */
export async function bundleComponents(admin: AdminJS): Promise<ComponentBundle | null> {
  const names = Object.keys(admin.componentLoader.getComponents())
  if (names.length === 0 && !admin.options.env) return null
  const folder = await mkdtemp(path.join(tmpdir(), 'otp-admin-components-'))
  try {
    return named(await bundle(admin, folder))
  } catch (cause) {
    throw new SiteError(
      'host_components',
      `Could not bundle the components of the AdminJS options: ${cause instanceof Error ? cause.message : ''}`,
      'Fix the component named in the message.',
      { cause },
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Bundles the components. Babel and Rollup are loaded only here: they take two seconds, and most sites do not need them. */
async function bundle(admin: AdminJS, folder: string): Promise<Buffer> {
  const { AssetBundler, componentsBundler, generateUserComponentEntry } = await import('adminjs/bundler')
  const { inputOptions, outputOptions } = componentsBundler
  const bundler = new AssetBundler(
    { ...inputOptions, input: path.join(folder, 'entry.js') },
    { ...outputOptions, file: path.join(folder, 'bundle.js') },
  )
  await bundler.createEntry({ dir: folder, content: generateUserComponentEntry(admin, folder) })
  await bundler.build()
  return readFile(path.join(folder, 'bundle.js'))
}

function named(script: Buffer): ComponentBundle {
  const hash = createHash('sha256').update(script).digest('hex').slice(0, 12)
  return { name: `components.${hash}.js`, script }
}
