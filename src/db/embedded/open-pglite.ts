import { existsSync, fsyncSync, renameSync, rmSync } from 'node:fs'
import { PGlite, type PGliteOptions } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { NodeFS } from '@electric-sql/pglite/nodefs'

/**
 * Start parameters that enable fsync. PGlite starts PostgreSQL with `-F` (no fsync), and its
 * file system has no fsync: a commit would survive a crash of the process but not of the machine.
 */
const START_PARAMS = [...PGlite.defaultStartParams.filter((flag) => flag !== '-F'), '-c', 'wal_sync_method=fsync']

/** Adds the missing fsync to PGlite's file system. */
function writeThrough({ FS }: PGlite['Module']): void {
  FS.filesystems.NODEFS.stream_ops.fsync = (stream: { nfd: number }) => {
    fsyncSync(stream.nfd)
    return 0
  }
}

class DurableFiles extends NodeFS {
  override async init(pglite: PGlite, options: Parameters<NodeFS['init']>[1]) {
    const { emscriptenOpts } = await super.init(pglite, options)
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), writeThrough] } }
  }
}

/** Opens the database in a folder, and creates it first if there is none (takes some seconds). */
export async function openPglite(folder: string): Promise<PGlite> {
  if (!existsSync(folder)) await initialise(folder)
  return await open(folder)
}

/** Creates the database under another name, because PGlite would open one whose creation was interrupted. */
async function initialise(folder: string): Promise<void> {
  const draft = `${folder}.new`
  rmSync(draft, { recursive: true, force: true })
  const database = await open(draft)
  await database.close()
  renameSync(draft, folder)
}

async function open(folder: string): Promise<PGlite> {
  const options: PGliteOptions = { fs: new DurableFiles(folder), startParams: START_PARAMS, extensions: { pg_trgm } }
  return await PGlite.create(options)
}
