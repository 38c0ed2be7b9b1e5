import { isDeepStrictEqual } from 'node:util'
import { afterAll } from 'vitest'
import { type Language, languages, mergeTexts, registeredTexts, type TextTree } from '../src/i18n/translator.js'

// The next file of this process would have the kinds and texts that this one added.
afterAll(async () => {
  const changed = languages.filter((language) => Object.keys(registeredTexts(language)).length > 0)
  if (changed.length === 0) return
  const textsOf = await builtInTexts()
  if (changed.every((language) => isDeepStrictEqual(registeredTexts(language), textsOf(language)))) return
  throw new Error('This file adds texts or kinds. test/select-files.ts must give it a process of its own.')
})

/** Returns the texts of built-in kinds that bring their own. Loaded here, because most files register none. */
async function builtInTexts(): Promise<(language: Language) => TextTree> {
  const [{ builtInKinds }, { filterCustomKinds }, { textsOfKind }] = await Promise.all([
    import('../src/kinds/index.js'),
    import('../src/otp/kind-registry/custom-kind.js'),
    import('../src/otp/kind-registry/register-kind-texts.js'),
  ])
  const kinds = filterCustomKinds(builtInKinds)
  return (language) => kinds.map((kind) => textsOfKind(kind, language)).reduce(mergeTexts, {})
}
