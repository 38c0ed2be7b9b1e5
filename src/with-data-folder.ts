import { SiteError } from './errors.js'

/** Reasons why a folder cannot be used, by Node's error code. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user has no access to it',
  EPERM: 'it belongs to another user',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'a file is in its place',
  ENOTDIR: 'a file is in its place',
  ENOENT: 'it cannot be created there',
}

/**
 * Runs an action that reads or writes in `DATA_DIR`.
 *
 * @throws SiteError `data_dir_not_usable` if the file system does not allow it; any other error unchanged
 */
export function withDataFolder<T>(folder: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = REASONS[code]
    if (reason === undefined) throw error
    throw new SiteError(
      'data_dir_not_usable',
      `The data folder ${folder} cannot be used: ${reason}.`,
      'Run this as the user who owns the folder, or set DATA_DIR to one that this user can write to.',
      { cause: error },
    )
  }
}
