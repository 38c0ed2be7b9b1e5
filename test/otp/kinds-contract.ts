import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { kindContract } from '../../src/testing/kind-contract.js'
import type { KindFixture } from '../../src/testing/harness.js'
import { builtInKinds } from '../../src/kinds/index.js'
import type { Kind } from '../../src/otp/kind-registry/kind.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'

/** Runs the exported contract suite, the one for custom kinds, for a built-in kind on every database. */
export function testKind({ name, ...fixture }: Omit<KindFixture, 'database'> & { name: string }): void {
  describe.each(databaseKinds())('on the %s database', (where) => {
    let database: Database
    beforeAll(async () => {
      database = await openTestDatabase(where)
    })
    afterAll(() => database.close())

    const checks = kindContract(findKind(name), { ...fixture, database: () => database })
    it.each([...checks])('$title', ({ run: expectToHold }) => expectToHold())
  })
}

function findKind(name: string): Kind {
  const kind = builtInKinds.find((candidate) => candidate.name === name)
  if (!kind) throw new Error(`There is no kind ${name}.`)
  return kind
}
