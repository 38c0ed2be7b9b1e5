import { rmSync } from 'node:fs'
import path from 'node:path'
import { codeTools, runCodeTool } from './code-tools.mjs'
import { repositoryRoot } from './build-cache.mjs'

// `npm run docs:api [-- FOLDER]` writes docs/api from the docstrings of the public names.
const target = path.resolve(process.argv[2] ?? path.join(repositoryRoot, 'docs/api'))

rmSync(target, { recursive: true, force: true })
const options = ['--options', path.join(codeTools, 'typedoc.json'), '--out', target, '--logLevel', 'Warn']
runCodeTool('typedoc/bin/typedoc', options)
