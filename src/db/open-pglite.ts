import { existsSync, fsyncSync, renameSync, rmSync } from 'node:fs'
import { PGlite, type PGliteOptions } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { NodeFS } from '@electric-sql/pglite/nodefs'

/**
 * PGlite starts PostgreSQL with `-F`, no fsync, and its file system has none to offer: a
 * commit would survive the end of the process but not of the machine. This one writes through.
 */
const START_PARAMS = [...PGlite.defaultStartParams.filter((flag) => flag !== '-F'), '-c', 'wal_sync_method=fsync']

/** Gives PGlite's file system the fsync that it lacks. */
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

/** Opens the database in a folder, making it first where there is none (some seconds). */
export async function openPglite(folder: string): Promise<PGlite> {
  if (!existsSync(folder)) await initialise(folder)
  return await open(folder)
}

/** Makes it under another name: PGlite would take one that was killed in the making for a whole one. */
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
