// The layers of src/, from the bottom up. A file imports only from lower layers and from its
// own part. A part is a folder or a file directly in src/; parts of one layer do not import each
// other. docs/architecture.md shows this table: run `npm run docs:layers` after a change.
export const layers = [
  {
    parts: [
      'clock',
      'client-info',
      'errors',
      'fault-for-log',
      'host-code',
      'origin',
      'printable',
      'typed-text',
      'within',
    ],
    holds: 'small functions that need nothing else',
  },
  {
    parts: ['crypto', 'package-root', 'root', 'run-in-time', 'with-data-folder'],
    holds: 'encryption, hashes, time limits, folders',
  },
  { parts: ['i18n', 'templates'], holds: 'texts and page templates' },
  { parts: ['replace-texts'], holds: 'texts that a host application replaces' },
  { parts: ['config'], holds: 'every option, once' },
  { parts: ['log', 'read-secret-keys'], holds: 'what needs nothing but the configuration' },
  { parts: ['db'], holds: 'connection, embedded database, migrations, models' },
  { parts: ['audit', 'http', 'notify'], holds: 'the audit log; Express; emails and text messages' },
  { parts: ['otp'], holds: 'devices, tokens and challenges. Knows no request and no session' },
  { parts: ['auth'], holds: 'who sent this request: sessions, sign-in, step-up' },
  { parts: ['account', 'admin'], holds: 'the pages of a person’s own account; the panel' },
  { parts: ['kinds'], holds: 'one folder for each kind of device' },
  {
    parts: [
      'custom-kinds',
      'graceful-shutdown',
      'listen',
      'page-routes',
      'purge-expired',
      'record-undelivered',
      'run-seeders',
      'seed',
      'site-options',
      'stop-on-signal',
      'testing',
    ],
    holds: 'what the site is put together from; the entry points for custom kinds and their tests',
  },
  { parts: ['site'], holds: 'mounts everything, in order' },
  { parts: ['create-site', 'main'], holds: 'the site inside an application; the server' },
  { parts: ['cli', 'index'], holds: 'the command line; the entry point of the package' },
]

/**
 * The order inside a layer's folder, from the bottom up: `.` stands for the files directly in
 * it, and `*` for every folder that is not named. Folders of one group do not import each other.
 * If `.` is not named, those files can import any folder and be imported by any.
 */
export const order = {
  account: [
    ['.'],
    ['sessions', 'trusted-browsers', 'backup-tokens', 'password', 'reset-password', 'devices'],
    ['code-set-up'],
    ['setup'],
    ['*'],
  ],
  admin: [['resources'], ['actions', 'export', 'http', 'page'], ['host']],
  auth: [['host-users'], ['.'], ['trusted-browser'], ['repeats', 'security-key'], ['login'], ['*']],
  otp: [['webauthn'], ['kinds', 'kind-registry'], ['sql'], ['contract']],
}

/** Folders with folders that are alike: none of these imports another, except the one that they share. */
export const siblings = { kinds: 'delivered-code' }

/** Imports that do not follow the rules yet, and what removes them. `*` stands for any file. */
export const exceptions = [
  { from: 'src/page-routes.ts', to: '*', until: 'it is in src/' },
  { from: 'src/account/devices/routes.ts', to: '*', until: 'notices are in account/' },
  { from: 'src/account/sessions/routes.ts', to: '*', until: 'notices are in account/' },
  { from: 'src/account/trusted-browsers/routes.ts', to: '*', until: 'notices are in account/' },
  { from: 'src/account/kind-pages.ts', to: '*', until: 'the form is in kind-pages.ts' },
  { from: 'src/account/setup/methods.ts', to: '*', until: 'the setup asks the registered kinds' },
  { from: 'src/kinds/delivered-code/confirm-code.ts', to: '*', until: 'it is in kinds/' },
  { from: 'src/admin/resources/groups.ts', to: '*', until: 'fields are in resources/' },
  { from: 'src/admin/http/check-call.ts', to: '*', until: 'resources know their owner' },
  { from: 'src/admin/http/panel-error-handler.ts', to: '*', until: 'a host’s errors are handed in' },
  { from: 'src/admin/http/panel-error-handler.ts', to: '*', until: 'a host’s errors are handed in' },
  { from: 'src/auth/respond-with-json.ts', to: '*', until: 'paths are in auth/' },
  { from: 'src/auth/respond-with-json.ts', to: '*', until: 'paths are in auth/' },
  { from: 'src/auth/respond-with-page.ts', to: '*', until: 'saving a form is handed in' },
  { from: 'src/auth/respond-with-page.ts', to: '*', until: 'saving a form is handed in' },
  { from: 'src/auth/host-users/refresh-host-user.ts', to: '*', until: 'it takes what it uses of Auth' },
  { from: 'src/auth/host-users/refresh-host-user.ts', to: '*', until: 'it takes what it uses of Auth' },
  { from: 'src/auth/host-users/host-users.ts', to: '*', until: 'found logins are in host-users/' },
  { from: 'src/kinds/webauthn/login-routes.ts', to: '*', until: 'it is part of the kind' },
  { from: 'src/otp/kind-registry/kind.ts', to: '*', until: 'issueToken takes what it uses of Otp' },
  { from: 'src/otp/kind-registry/kind.ts', to: '*', until: 'issueToken takes what it uses of Otp' },
  { from: 'src/kinds/webauthn/parse-response.ts', to: '*', until: 'it is part of the kind' },
  { from: 'src/kinds/webauthn/add-device.ts', to: '*', until: 'it is part of the kind' },
]
