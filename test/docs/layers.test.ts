import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { layers } from '../../.ci/layers.mjs'
import { withLayers } from '../../scripts/write-layers.mjs'

const parts = layers.flatMap((layer) => layer.parts)

it('puts every folder and file of src into one layer', () => {
  const found = readdirSync('src').map((name) => name.replace(/\.tsx?$/, ''))
  expect(found.filter((name) => !parts.includes(name))).toEqual([])
  expect(parts.toSorted()).toEqual([...new Set(parts)].toSorted())
})

it('shows the layers in docs/architecture.md as they are checked', async () => {
  const page = readFileSync('docs/architecture.md', 'utf8')
  expect(await withLayers(page)).toBe(page)
})
