import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { Config } from '../config/read-config.js'
import { SiteError } from '../errors.js'
import { withBuiltInKinds } from '../kinds/index.js'
import { type CustomKind, isCustomKind } from '../otp/kind-registry/custom-kind.js'
import { validateKinds } from '../otp/kind-registry/validate-kinds.js'

const kindsModule = z.object({ kinds: z.array(z.custom<CustomKind>(isCustomKind)) })

/**
 * Loads the custom kinds of the module in `OTP_KINDS`.
 *
 * @throws SiteError `kinds_module_invalid`, and the codes of `validateKinds`
 */
export async function loadKinds({ kindsModule: file }: Pick<Config, 'kindsModule'>): Promise<readonly CustomKind[]> {
  if (file === undefined) return []
  const loaded = kindsModule.safeParse(await importModule(path.resolve(file)))
  if (!loaded.success) throw invalid('does not export `kinds`, a list of what `defineKind` returns')
  const { kinds } = loaded.data
  validateKinds(withBuiltInKinds(kinds))
  return kinds
}

async function importModule(file: string): Promise<unknown> {
  if (!existsSync(file)) throw invalid('does not exist')
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    throw invalid(`cannot be loaded (${error instanceof Error ? error.message : String(error)})`, error)
  }
}

function invalid(problem: string, cause?: unknown): SiteError {
  return new SiteError(
    'kinds_module_invalid',
    `The module in OTP_KINDS ${problem}.`,
    'Set OTP_KINDS to the path of a module such as `export const kinds = [yubikey]`.',
    { cause },
  )
}
