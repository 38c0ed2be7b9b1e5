import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { SiteError } from './errors.js'

/**
 * The package's folder, which contains `views/`, `locales/` and `dist/`. It is searched for
 * upwards from this file, because a bundle is at another depth than the sources.
 */
export const packageRoot = findRoot(path.dirname(fileURLToPath(import.meta.url)))

function findRoot(from: string): string {
  if (existsSync(path.join(from, 'package.json')) && existsSync(path.join(from, 'views'))) return from
  const parent = path.dirname(from)
  if (parent === from)
    throw new SiteError('package_incomplete', 'The otp-admin-site folder was not found.', 'Reinstall the package.')
  return findRoot(parent)
}
