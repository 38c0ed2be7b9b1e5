import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

// What must never be committed. Each pattern is written so that it does not match this file.
const forbidden = [
  ['the URL of a package registry', new RegExp(['registry', 'npmjs', 'org'].join('\\.'))],
  ['a resolved URL in the lock file', /"resolved": "https?:/, /package-lock\.json$/],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE[ ]KEY-----/],
  ['a Twilio token', /\bTWILIO_AUTH_TOKEN=[0-9a-f]{32}\b/],
  ['a secret key', /\bSECRET_KEYS=[A-Za-z0-9+/]{43}=/],
]

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  encoding: 'utf8',
})
let found = 0
for (const file of files.split('\0').filter(Boolean)) {
  const text = read(file)
  for (const [description, pattern, only = /./] of forbidden) {
    if (!only.test(file) || !pattern.test(text)) continue
    console.error(`${file} contains ${description}.`)
    found += 1
  }
}
if (found > 0) process.exit(1)
console.log('Secrets: none in the files.')

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Deleted, and the deletion is not committed yet.
    return ''
  }
}
