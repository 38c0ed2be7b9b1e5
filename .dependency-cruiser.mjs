import { layers, order, siblings } from './.ci/layers.mjs'

// The import rules of .ci/layers.mjs, in the format of dependency-cruiser. Imports of types are
// checked like any other.

const oneOf = (names) => `(${names.join('|')})(?:/|[.]tsx?$)`

const layerRules = layers.map(({ parts }, index) => {
  const notLower = layers.slice(index).flatMap((layer) => layer.parts)
  return {
    name: 'layers',
    severity: 'error',
    from: { path: `^src/${oneOf(parts)}` },
    to: { path: `^src/${oneOf(notLower)}`, pathNot: '^src/$1(?:/|[.]tsx?$)' },
  }
})

/** For each group: its folders import neither from later groups nor from each other. */
const orderRules = Object.entries(order).flatMap(([folder, groups]) => {
  const named = groups.flat().filter((name) => name !== '.' && name !== '*')
  const pathOf = (name) => {
    if (name === '.') return `^src/${folder}/[^/]+$`
    if (name === '*') return `^src/${folder}/(?!(?:${named.join('|')})/)[^/]+/`
    return `^src/${folder}/${name}/`
  }
  return groups.flatMap((group, index) => {
    const above = groups
      .slice(index + 1)
      .flat()
      .map(pathOf)
    return group.map((name) => {
      const besides = group.filter((other) => other !== name).map(pathOf)
      return { name: 'order', severity: 'error', from: { path: pathOf(name) }, to: { path: [...above, ...besides] } }
    })
  })
})

const siblingRules = Object.entries(siblings).map(([folder, shared]) => ({
  name: 'siblings',
  severity: 'error',
  from: { path: `^src/${folder}/([^/]+)/` },
  to: { path: `^src/${folder}/`, pathNot: [`^src/${folder}/$1/`, `^src/${folder}/${shared}/`] },
}))

export default {
  forbidden: [
    ...layerRules,
    ...orderRules.filter(({ to }) => to.path.length > 0),
    ...siblingRules,
    { name: 'cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'src-only',
      comment: 'Only run-seeders imports the demo data, which is part of the program.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(?:run-seeders|seed)[.]ts$' },
      to: { path: '^(?:bench|bin|examples|scripts|seeders|test|[.]ci)/' },
    },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, path: '^[.]' } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    includeOnly: '^(?!node_modules/)',
    doNotFollow: { path: '^(?!src/)' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.mjs'] },
  },
}
