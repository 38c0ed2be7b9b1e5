import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { panelResources } from '../../src/admin/resources/index.js'
import { packageRoot } from '../../src/package-root.js'
import { auditEventNames } from '../../src/audit/record-event.js'
import { dynamicKeys, keyOf } from './dynamic-keys.js'
import { placeholdersOf, pluralsOf, readSources, readTexts } from './read-texts.js'
import { builtInKinds } from '../../src/kinds/index.js'

const english = readTexts('en')
const plurals = pluralsOf(english)
/** Keys as sources name them: a text with plural forms has one key, without its form. */
const keys = new Set([
  ...plurals.keys(),
  ...[...english.keys()].filter((key) => !plurals.has(key.replace(/_(one|other)$/, ''))),
])
const namespaces = [...new Set([...keys].map((key) => key.split(':')[0]))]
const sources = readSources()

/** A whole key in quotes, of any kind. */
const literal = new RegExp(`['"\`]((?:${namespaces.join('|')}):[\\w./-]+)['"\`]`, 'g')
const named = sources.flatMap(({ source }) => [...source.matchAll(literal)].map(([, key = '']) => key))
/** The pattern of a key with an inserted part. */
const template = new RegExp(`\`((?:${namespaces.join('|')}):[^\`]*\\$\\{[^\`]*)\``, 'g')
const patterns = sources.flatMap(({ source }) =>
  [...source.matchAll(template)].map(([, key = '']) => key.replaceAll(/\$\{[^}]+\}/g, '*')),
)

describe('keys of pages, emails and calls', () => {
  it('have a text each, in every source that names one', () => {
    expect(named.filter((key) => !keys.has(key))).toEqual([])
  })

  it('are listed with their names if a source assembles them', () => {
    expect([...new Set(patterns)].toSorted()).toEqual(Object.keys(dynamicKeys).toSorted())
  })

  it('have a text for each of those names', () => {
    const wanted = Object.entries(dynamicKeys).flatMap(([pattern, { needed }]) =>
      needed.map((name) => keyOf(pattern, name)),
    )
    expect(wanted.length).toBeGreaterThan(100)
    expect(wanted.filter((key) => !keys.has(key))).toEqual([])
  })

  it('are all in use', () => {
    const used = new Set([
      ...named,
      ...Object.entries(dynamicKeys).flatMap(([pattern, { needed, allowed = [] }]) =>
        [...needed, ...allowed].map((name) => keyOf(pattern, name)),
      ),
    ])
    expect([...keys].filter((key) => !key.startsWith('panel:adminjs.') && !used.has(key))).toEqual([])
  })

  it('get a value for each placeholder in the same call, if there is one', () => {
    const wrong = sources.flatMap(({ file, source }) =>
      [...source.matchAll(/\bt\('([\w-]+:[^']+)'(?:, \{([^}]*)\})?\)/g)].flatMap(([, key = '', values = '']) => {
        const text = english.get(key) ?? english.get(`${key}_other`) ?? ''
        const given = values.split(',').map((value) => value.trim().split(':')[0])
        const lacking = placeholdersOf(text).filter((name) => !given.includes(name))
        return lacking.map((name) => `${file}: ${key} without ${name}`)
      }),
    )
    expect(wrong).toEqual([])
  })
})

describe('keys of the panel', () => {
  const panel = sources.filter(({ file }) => file.startsWith('src/admin/'))
  const own = [...keys]
    .filter((key) => key.startsWith('panel:adminjs.'))
    .map((key) => key.slice('panel:adminjs.'.length))
  const has = (key: string) => own.includes(key)

  it('have a text each, in every component that names one', () => {
    const inReact = panel.flatMap(({ source }) =>
      [...source.matchAll(/\b(?:text|translateComponent)\('(\w+\.\w+)'/g)].map(([, key = '']) => key),
    )
    const outside = panel.flatMap(({ source }) =>
      [...source.matchAll(/\btranslate\('(\w+)', '(\w+)'\)/g)].map(([, part, name]) => `${part}.${name}`),
    )
    expect(inReact.length).toBeGreaterThan(20)
    expect([...inReact, ...outside].filter((key) => !has(`components.${key}`))).toEqual([])
  })

  it('have a text for each audit event, and for no other', () => {
    const events = own.filter((key) => key.startsWith('components.Events.')).map((key) => key.split('.').at(-1))
    expect(new Set(events)).toEqual(new Set(auditEventNames))
  })

  it('have a text for each resource and each property that is shown', () => {
    const lacking = panelResources(builtInKinds).flatMap(({ table, options }) => {
      const { listProperties = [], showProperties = [], editProperties = [], filterProperties = [] } = options
      const shown = [...new Set([listProperties, showProperties, editProperties, filterProperties].flat())]
      return [
        ...(has(`labels.${table}`) ? [] : [table]),
        ...shown
          .filter((name) => !has(`properties.${name}`) && !has(`resources.${table}.properties.${name}`))
          .map((name) => `${table}.${name}`),
      ]
    })
    expect(lacking).toEqual([])
  })

  it('are all in use: a source of the panel or AdminJS itself names each', () => {
    const theirs = readFileSync(path.join(packageRoot, 'node_modules/adminjs/lib/locale/en/translation.json'), 'utf8')
    const resources = JSON.stringify(panelResources(builtInKinds))
    const ours = [...panel.map(({ source }) => source), resources, ...auditEventNames].join('\n')
    const unused = own.filter((key) => {
      const name = key.split('.').at(-1) ?? ''
      const stem = name.replace(/^one_/, '').replace(/_(button|text|done)(_by_mail)?$/, '')
      return !theirs.includes(`"${name}"`) && !new RegExp(`\\b${stem}\\b`).test(ours)
    })
    expect(unused).toEqual([])
  })
})
