import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { panelResources } from '../../src/admin/resources/index.js'
import { packageRoot } from '../../src/package-root.js'
import { auditEventNames } from '../../src/audit/record-event.js'
import { dynamicKeys, keyOf, kindsOfLocales } from './dynamic-keys.js'
import { placeholdersOf, pluralsOf, readSources, readTexts } from './read-texts.js'

const english = readTexts('en')
const plurals = pluralsOf(english)
/** Keys as the sources use them: a text with plural forms has one key, without the form. */
const keys = new Set([
  ...plurals.keys(),
  ...[...english.keys()].filter((key) => !plurals.has(key.replace(/_(one|other)$/, ''))),
])
const namespaces = [...new Set([...keys].map((key) => key.split(':')[0]))]
const sources = readSources()

/** Matches a complete key in quotes. */
const literal = new RegExp(`['"\`]((?:${namespaces.join('|')}):[\\w./-]+)['"\`]`, 'g')
const named = sources.flatMap(({ source }) => [...source.matchAll(literal)].map(([, key = '']) => key))
/** Matches a key with an inserted part. */
const template = new RegExp(`\`((?:${namespaces.join('|')}):[^\`]*\\$\\{[^\`]*)\``, 'g')
const patterns = sources.flatMap(({ source }) =>
  [...source.matchAll(template)].map(([, key = '']) => key.replaceAll(/\$\{[^}]+\}/g, '*')),
)

describe('keys of pages, emails and calls', () => {
  it('all have a text', () => {
    expect(named.filter((key) => !keys.has(key))).toEqual([])
  })

  it('are listed in dynamic-keys.ts if they are built at run time', () => {
    expect([...new Set(patterns)].toSorted()).toEqual(Object.keys(dynamicKeys).toSorted())
  })

  it('all have a text if they are built at run time', () => {
    const required = Object.entries(dynamicKeys).flatMap(([pattern, { needed }]) =>
      needed.map((name) => keyOf(pattern, name)),
    )
    expect(required.length).toBeGreaterThan(100)
    expect(required.filter((key) => !keys.has(key))).toEqual([])
  })

  it('are all used', () => {
    const used = new Set([
      ...named,
      ...Object.entries(dynamicKeys).flatMap(([pattern, { needed, allowed = [] }]) =>
        [...needed, ...allowed].map((name) => keyOf(pattern, name)),
      ),
    ])
    expect([...keys].filter((key) => !key.startsWith('panel:adminjs.') && !used.has(key))).toEqual([])
  })

  it('receive a value for each placeholder', () => {
    const wrong = sources.flatMap(({ file, source }) =>
      [...source.matchAll(/\bt\('([\w-]+:[^']+)'(?:, \{([^}]*)\})?\)/g)].flatMap(([, key = '', values = '']) => {
        const text = english.get(key) ?? english.get(`${key}_other`) ?? ''
        const passed = values.split(',').map((value) => value.trim().split(':')[0])
        const missing = placeholdersOf(text).filter((name) => !passed.includes(name))
        return missing.map((name) => `${file}: ${key} without ${name}`)
      }),
    )
    expect(wrong).toEqual([])
  })
})

describe('keys of the panel', () => {
  const panel = sources.filter(({ file }) => file.startsWith('src/admin/'))
  const panelKeys = [...keys]
    .filter((key) => key.startsWith('panel:adminjs.'))
    .map((key) => key.slice('panel:adminjs.'.length))
  const has = (key: string) => panelKeys.includes(key)

  it('all have a text if a component uses them', () => {
    const inReact = panel.flatMap(({ source }) =>
      [...source.matchAll(/\b(?:text|translateComponent)\('(\w+\.\w+)'/g)].map(([, key = '']) => key),
    )
    const outside = panel.flatMap(({ source }) =>
      [...source.matchAll(/\btranslate\('(\w+)', '(\w+)'\)/g)].map(([, part, name]) => `${part}.${name}`),
    )
    expect(inReact.length).toBeGreaterThan(20)
    expect([...inReact, ...outside].filter((key) => !has(`components.${key}`))).toEqual([])
  })

  it('include one for each audit event, and no other', () => {
    const events = panelKeys.filter((key) => key.startsWith('components.Events.')).map((key) => key.split('.').at(-1))
    expect(new Set(events)).toEqual(new Set(auditEventNames))
  })

  it('have a text for each resource and each property that is shown', () => {
    const missing = panelResources(kindsOfLocales).flatMap(({ table, options }) => {
      const { listProperties = [], showProperties = [], editProperties = [], filterProperties = [] } = options
      const shown = [...new Set([listProperties, showProperties, editProperties, filterProperties].flat())]
      return [
        ...(has(`labels.${table}`) ? [] : [table]),
        ...shown
          .filter((name) => !has(`properties.${name}`) && !has(`resources.${table}.properties.${name}`))
          .map((name) => `${table}.${name}`),
      ]
    })
    expect(missing).toEqual([])
  })

  it('are all used, by the panel or by AdminJS', () => {
    const adminjsTexts = readFileSync(
      path.join(packageRoot, 'node_modules/adminjs/lib/locale/en/translation.json'),
      'utf8',
    )
    const resources = JSON.stringify(panelResources(kindsOfLocales))
    const panelText = [...panel.map(({ source }) => source), resources, ...auditEventNames].join('\n')
    const unused = panelKeys.filter((key) => {
      const name = key.split('.').at(-1) ?? ''
      const stem = name.replace(/^one_/, '').replace(/_(button|text|done)(_by_mail)?$/, '')
      return !adminjsTexts.includes(`"${name}"`) && !new RegExp(`\\b${stem}\\b`).test(panelText)
    })
    expect(unused).toEqual([])
  })
})
