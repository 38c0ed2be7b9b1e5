import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { builtInKinds } from '../../src/kinds/index.js'
import { packageRoot } from '../../src/package-root.js'

const names = builtInKinds.map(({ name }) => name).join('|')
const comparison = new RegExp(
  `[=!]== '(?:${names})'|'(?:${names})' [=!]==|case '(?:${names})'|includes\\('(?:${names})'\\)`,
)

/** The kinds' own files. */
const OWN = /^src\/kinds\//

it('does not compare the name of a kind anywhere outside the kinds', () => {
  const files = ['src', 'views'].flatMap((folder) =>
    readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(tsx?|ejs)$/.test(file) && !file.includes('migrations'))
      .map((file) => path.posix.join(folder, file)),
  )
  expect(files.length).toBeGreaterThan(500)
  const comparing = files.filter(
    (file) => !OWN.test(file) && comparison.test(readFileSync(path.join(packageRoot, file), 'utf8')),
  )
  expect(comparing).toEqual([])
})
