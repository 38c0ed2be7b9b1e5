import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

// Things that must never be committed. Each pattern is put together so that it does not find itself.
const forbidden = [
  ['the address of a package registry', new RegExp(['registry', 'npmjs', 'org'].join('\\.'))],
  ['a resolved address in the lock file', /"resolved": "https?:/, /package-lock\.json$/],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE[ ]KEY-----/],
  ['a Twilio token beside its account', /\bTWILIO_AUTH_TOKEN=[0-9a-f]{32}\b/],
  ['a secret key', /\bSECRET_KEYS=[A-Za-z0-9+/]{43}=/],
]

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  encoding: 'utf8',
})
let mistakes = 0
for (const file of files.split('\0').filter(Boolean)) {
  const text = read(file)
  for (const [what, pattern, only = /./] of forbidden) {
    if (!only.test(file) || !pattern.test(text)) continue
    console.error(`${file} holds ${what}.`)
    mistakes += 1
  }
}
if (mistakes > 0) process.exit(1)
console.log('Secrets: none in the files.')

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Deleted, but not committed yet.
    return ''
  }
}
