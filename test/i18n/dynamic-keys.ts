import { existsSync } from 'node:fs'
import path from 'node:path'
import { kindsWithPages } from '../../src/account/kind-pages.js'
import { NOTICES } from '../../src/account/notices.js'
import { mailSchema } from '../../src/notify/mails.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { isCustomKind } from '../../src/otp/kind-registry/custom-kind.js'
import { packageRoot } from '../../src/package-root.js'
import { readSources } from './read-texts.js'

/** The names that can replace the `*` in a key that is built at run time. */
interface Names {
  /** Names that must have a text. */
  needed: readonly string[]
  /** Names that can have a text. */
  allowed?: readonly string[]
}

/** The built-in kinds whose texts are in `locales/`. The others bring their own. */
export const kindsOfLocales = builtInKinds.filter((kind) => !isCustomKind(kind))
const kinds = kindsOfLocales.map(({ name }) => name)
const foldersWithTexts = builtInKinds.filter(isCustomKind).map(({ name }) => `src/kinds/${name}/`)
const phoneMethods = ['sms', 'call']
const methods = kindsWithPages(builtInKinds).flatMap(({ name, pages }) => (pages.setupPath === undefined ? [] : [name]))

const mails = mailSchema.options.map(({ shape }) => ({ name: shape.mail.value, shape }))
const mailsWith = (part: string) => mails.filter(({ shape }) => part in shape).map(({ name }) => name)
const backupTokenMails = ['backup-token-used', 'last-backup-token-used']

/** The members of a type that is a union of strings: `  | 'one'`. */
const membersOfType = (file: string) => findAll(/^ {2}\| '(\w+)'/gm, file)

/** Every quoted word in the sources. A code that is not among them is unused. */
const quotedWords = findAll(/'(\w+)'/g)
const codesOfPages = [
  ...findAll(/\brejectRequest\(req, res, [^)]*?\bcode: '(\w+)'/g),
  ...findAll(/^ {2}(\w+): \d{3},$/gm, 'src/admin/panel-error.ts'),
]
const codesOfForms = [
  ...findAll(/\brejectStep\('\w+', '(\w+)'/g),
  ...findAll(/\b(?:formAlert\(req, |rejectForm\()'(\w+)'/g),
  ...findAll(/\bcode: '(\w+)'/g, 'src/account'),
  // Reasons for which a phone number is invalid. The form has another code for them.
  ...findAll(/\bcode: '(\w+)'/g, 'src/kinds').filter((code) => !['invalid', 'extension', 'custom'].includes(code)),
]

/** Views that a source names and that exist in `views/`. Each is a page. */
const views = [
  ...findAll(/'((?:account|auth)\/[\w/-]+|error)'/g),
  // Assembled in src/account/hardware-tokens.
  'account/hardware-tokens/confirm',
  'account/hardware-tokens/synchronise',
].filter((view) => existsSync(path.join(packageRoot, 'views', `${view}.ejs`)))

/** Every key that is built at run time, with `*` for the inserted part. */
export const dynamicKeys: Readonly<Record<string, Names>> = {
  'errors:*': { needed: [...codesOfPages, ...codesOfForms], allowed: quotedWords },
  'errors:undelivered.*': { needed: membersOfType('src/notify/gateways/sms-gateway.ts') },
  'errors:wrong_token.*': {
    // A cause that points to an attack has a different kind of text (`keys:`).
    needed: [
      ...findAll(/\| '(\w+)'/g, 'src/otp/throttle/cause.ts').filter((cause) => cause !== 'backup_changed'),
      ...findAll(/\brejection: '(\w+)'/g),
    ],
    allowed: ['other_device', 'not_a_code'],
  },
  'mails:*.few_left': { needed: backupTokenMails },
  'mails:*.happened': {
    needed: mails.map(({ name }) => name),
    // A different text if an administrator or too many failures caused it.
    allowed: mailsWith('by').flatMap((name) => [`${name}.happened_administrator`, `${name}.happened_failures`]),
  },
  'mails:*.link': { needed: mailsWith('expiresAt').filter((name) => mailsWith('link').includes(name)) },
  'mails:*.subject': {
    needed: mails.map(({ name }) => name),
    // A different subject if an administrator did it.
    allowed: mailsWith('by').map((name) => `${name}.subject_administrator`),
  },
  'mails:*.then_password': { needed: backupTokenMails },
  'mails:*.was_not_you': { needed: backupTokenMails },
  // Custom kinds bring their own texts.
  'pages:added_kinds.*.about': { needed: [] },
  'pages:added_kinds.*.add': { needed: [] },
  'pages:added_kinds.*.errors.*': { needed: [] },
  'pages:added_kinds.*.token': { needed: [] },
  'pages:added_kinds.*.token_hint': { needed: [] },
  'pages:added_kinds.*.view.*': { needed: [] },
  // `policy` is the reason why src/account does not remove the last device.
  'pages:error.*': { needed: [...codesOfPages, 'policy'] },
  'pages:kinds.*': { needed: kinds },
  'pages:password.notices.*': { needed: ['password_changed'] },
  'pages:profile.done.*': { needed: NOTICES },
  'pages:profile.state.*': { needed: ['unconfirmed', 'administrator', 'failures'] },
  'pages:setup.method.about.*': { needed: methods },
  'pages:setup.method.names.*': { needed: methods },
  'pages:titles.*': { needed: views },
  'panel:refusals.*': {
    needed: [...findAll(/\bnotAllowed\('(\w+)'\)/g), ...findAll(/\breason: '(\w+)'/g, 'src/admin')],
    // The fields in the schemas of the forms.
    allowed: [
      ...quotedWords,
      ...findAll(/\b(\w+): (?:nameField|z\.\w+)\(/g, 'src/admin').map((name) => `field_${name}`),
    ],
  },
  'phone:code.send_again_*': { needed: phoneMethods },
  'phone:code.sent_*': { needed: phoneMethods },
  'phone:names.*': { needed: phoneMethods },
  'phone:number.methods.*': { needed: phoneMethods },
}

/** Replaces the `*` of a pattern by a name. A name with a dot already contains the end of the pattern. */
export function keyOf(pattern: string, name: string): string {
  const [before = '', after = ''] = pattern.split('*')
  return name.includes('.') && after ? before + name : before + name + after
}

function findAll(pattern: RegExp, below = ''): string[] {
  const found = readSources()
    .filter(({ file }) => file.startsWith(below) && !foldersWithTexts.some((folder) => file.startsWith(folder)))
    .flatMap(({ source }) => [...source.matchAll(pattern)].map(([, name = '']) => name))
  return [...new Set(found)]
}
