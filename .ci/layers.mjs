// The layers of src/, from the bottom up. A file imports only from lower layers and from its own
// part. A part is a folder or a file directly in src/. Parts of one layer do not import each other.
// docs/architecture.md contains this table: run `npm run docs:layers` after a change.
export const layers = [
  {
    parts: ['clock', 'client-info', 'errors', 'error-for-log', 'host-code', 'printable', 'typed-text', 'within'],
    contains: 'small functions that need nothing else',
  },
  {
    parts: ['crypto', 'package-root', 'run-in-time', 'with-data-folder'],
    contains: 'encryption, hashes, time limits, folders',
  },
  { parts: ['i18n', 'templates'], contains: 'texts and page templates' },
  { parts: ['config'], contains: 'every option, once' },
  { parts: ['log', 'read-secret-keys'], contains: 'what only needs the configuration' },
  { parts: ['db'], contains: 'connection, embedded database, migrations, models' },
  { parts: ['audit', 'http', 'notify'], contains: 'the audit log; Express; emails and text messages' },
  { parts: ['otp'], contains: 'devices, tokens and challenges. Knows no request and no session' },
  { parts: ['auth'], contains: 'who sent this request: sessions, sign-in, step-up' },
  { parts: ['account', 'admin'], contains: "the pages of a person's own account; the panel" },
  { parts: ['kinds'], contains: 'one folder for each kind of device' },
  {
    parts: [
      'custom-kinds',
      'graceful-shutdown',
      'listen',
      'page-routes',
      'purge-expired',
      'record-undelivered',
      'run-seeders',
      'site-options',
      'testing',
    ],
    contains: 'the parts of the site; the entry points for custom kinds and their tests',
  },
  { parts: ['site'], contains: 'mounts everything, in order' },
  { parts: ['create-site', 'main'], contains: 'the site inside an application; the server' },
  { parts: ['cli', 'index'], contains: 'the command line; the entry point of the package' },
]

/**
 * The order inside a layer's folder, from the bottom up: `.` is the files directly in it, and `*` is
 * every folder that is not listed. Folders of one group do not import each other. If `.` is not listed,
 * these files can import any folder, and any folder can import them.
 */
export const order = {
  account: [['.'], ['sessions', 'trusted-browsers', 'devices', 'reset-password'], ['setup'], ['*']],
  admin: [['resources'], ['actions', 'export', 'http', 'page'], ['host']],
  auth: [
    ['host-users'],
    ['session'],
    ['policy'],
    ['password', 'links', 'guards', 'trusted-browser'],
    ['repeats'],
    ['login'],
    ['*'],
  ],
  http: [['paths'], ['pages'], ['client', 'sessions', 'forms']],
  otp: [['kind-registry'], ['sql']],
}

/** Folders whose subfolders do not import each other, except the one that they share. */
export const siblings = { kinds: 'delivered-code' }

/** Imports that do not follow the rules yet. A comment says what removes them; `*` is any file. */
export const exceptions = []
