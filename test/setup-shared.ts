import { afterAll } from 'vitest'
import { languages, registeredTexts } from '../src/i18n/translator.js'

// The next file of this process would have the kinds and texts that this one added.
afterAll(() => {
  if (languages.every((language) => Object.keys(registeredTexts(language)).length === 0)) return
  throw new Error('This file adds texts or kinds. test/select-files.ts must give it a process of its own.')
})
