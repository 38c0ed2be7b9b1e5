import { gzipSync } from 'node:zlib'

export interface HostileBody {
  name: string
  type: string
  body: string | Buffer
  headers?: Record<string, string>
  /** The status of a path that reads such a body; 400 by default. */
  status?: 413
  /** Invalid in the fields of the login; forms without those fields ignore them. */
  login?: true
}

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'
const MULTIPART = 'multipart/form-data; boundary=x'
const MEGABYTES_10 = 10 * 1024 * 1024

const part = (head: string, value: string) => `--x\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`
const multipart = (head: string, value: string) => `${part(head, value)}--x--\r\n`
const manyFields = Array.from({ length: 10_000 }, (_, index) => `f${index}=1`).join('&')
const manyParts = Array.from({ length: 10_000 }, (_, index) => part(`name="f${index}"`, '1')).join('')
const deep = (open: string, close: string) => open.repeat(50_000) + close.repeat(50_000)

/** AdminJS's own search in parameter names would take longer on this than any test waits. */
const REGEX = '(a|a)*b'
const REGEX_FOOD = `${'a'.repeat(60)}!`

/** Names that reach a prototype, or that AdminJS would read as a regular expression. */
const hostileNames = [
  '__proto__',
  '__proto__.is_superuser',
  'constructor.prototype.is_superuser',
  'name.__proto__.x',
  'name.constructor',
  '__proto__[is_superuser]',
  'name[is_superuser]',
  '((',
  'name.*',
  'name\u0000',
  '',
  'x'.repeat(5_000),
]

/** Bodies that no path of the panel's API acts on. The forms read only urlencoded ones. */
export const hostileBodies: readonly HostileBody[] = [
  { name: 'multipart without a boundary', type: 'multipart/form-data', body: multipart('name="name"', 'x') },
  { name: 'multipart that does not end', type: MULTIPART, body: part('name="name"', 'x') },
  { name: 'multipart that ends in a header', type: MULTIPART, body: '--x\r\nContent-Disposition: form-da' },
  {
    name: 'multipart with another boundary',
    type: MULTIPART,
    body: multipart('name="name"', 'x').replaceAll('--x', '--y'),
  },
  { name: 'multipart that is empty', type: MULTIPART, body: '--' },
  { name: 'multipart without a name', type: MULTIPART, body: multipart('filename="x"', 'x') },
  { name: 'multipart with a file', type: MULTIPART, body: multipart('name="name"; filename="x.txt"', 'x') },
  { name: 'multipart with 10,000 parts', type: MULTIPART, body: `${manyParts}--x--\r\n` },
  {
    name: 'multipart with a doubled field',
    type: MULTIPART,
    body: `${part('name="name"', 'a')}${multipart('name="name"', 'b')}`,
  },
  { name: 'multipart with a NUL', type: MULTIPART, body: multipart('name="name"', 'a\0b') },
  {
    name: '10 MB of multipart',
    type: MULTIPART,
    body: multipart('name="name"', 'x'.repeat(MEGABYTES_10)),
    status: 413,
  },

  { name: 'JSON that does not end', type: JSON_TYPE, body: '{"name":"x"' },
  { name: 'JSON with a comment', type: JSON_TYPE, body: '{"name":"x"}//' },
  { name: 'a JSON array', type: JSON_TYPE, body: '[["name","x"]]' },
  { name: 'a JSON text', type: JSON_TYPE, body: '"name"' },
  { name: 'a JSON number', type: JSON_TYPE, body: '1' },
  { name: 'a JSON null', type: JSON_TYPE, body: 'null' },
  { name: 'an object in a field', type: JSON_TYPE, body: '{"name":{"x":1}}' },
  { name: 'an array in a field', type: JSON_TYPE, body: '{"name":["x"]}' },
  { name: 'deep JSON objects', type: JSON_TYPE, body: `{"name":${deep('{"a":', '}').replace(':}', ':1}')}}` },
  { name: 'deep JSON arrays', type: JSON_TYPE, body: `{"name":${deep('[', ']')}}` },
  { name: 'JSON with a NUL', type: JSON_TYPE, body: '{"name":"a\\u0000b"}' },
  { name: 'JSON with half a surrogate pair', type: JSON_TYPE, body: '{"name":"a\\ud800b"}' },
  { name: 'JSON with the other half', type: JSON_TYPE, body: '{"name":"a\\udc00b"}' },
  { name: 'JSON that is not UTF-8', type: JSON_TYPE, body: Buffer.from('{"name":"a\xffb"}', 'latin1') },
  { name: 'JSON in another charset', type: `${JSON_TYPE}; charset=utf-16`, body: '{"name":"x"}' },
  { name: '10 MB of JSON', type: JSON_TYPE, body: JSON.stringify({ name: 'x'.repeat(MEGABYTES_10) }), status: 413 },

  { name: 'a doubled field', type: FORM, body: 'name=a&name=b&username=a&username=b', login: true },
  { name: 'a bad percent escape', type: FORM, body: 'name=%zz&username=%zz' },
  { name: 'an escape that is not UTF-8', type: FORM, body: 'name=%c0%af&username=%ed%a0%80' },
  { name: 'a NUL', type: FORM, body: 'name=a%00b&username=a%00b', login: true },
  { name: 'another charset', type: `${FORM}; charset=utf-16`, body: 'name=x' },
  { name: 'an unknown charset', type: `${FORM}; charset=klingon`, body: 'name=x' },
  { name: '10 MB', type: FORM, body: `name=${'x'.repeat(MEGABYTES_10)}`, status: 413 },

  { name: 'another type', type: 'text/plain', body: 'name=x' },
  { name: 'bytes without a type', type: 'application/octet-stream', body: Buffer.alloc(1000, 1) },
  { name: 'XML', type: 'application/xml', body: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>' },
  { name: 'an invalid type', type: ';;;', body: 'name=x' },

  { name: 'a broken gzip stream', type: FORM, body: 'name=x', headers: { 'Content-Encoding': 'gzip' } },
  { name: 'an unknown encoding', type: FORM, body: 'name=x', headers: { 'Content-Encoding': 'x-secret' } },
  {
    name: 'gzip in gzip',
    type: FORM,
    body: gzipSync(gzipSync('name=x')),
    headers: { 'Content-Encoding': 'gzip, gzip' },
  },
  {
    name: 'a gzip bomb',
    type: FORM,
    body: gzipSync(`name=${'x'.repeat(MEGABYTES_10)}`),
    headers: { 'Content-Encoding': 'gzip' },
    status: 413,
  },

  ...hostileNames.map((name) => ({
    name: `the JSON name ${JSON.stringify(name.slice(0, 40))}`,
    type: JSON_TYPE,
    body: `{${JSON.stringify(name)}:true}`,
  })),
  ...hostileNames
    .filter((name) => name !== '')
    .map((name) => ({
      name: `the multipart name ${JSON.stringify(name.slice(0, 40))}`,
      type: MULTIPART,
      body: multipart(`name="${name}"`, 'true'),
    })),
  { name: 'names that are slow to match', type: JSON_TYPE, body: JSON.stringify({ [REGEX_FOOD]: 1, [REGEX]: 1 }) },
]

/** The panel rejects these for their names or their number; the site's own forms ignore fields they do not know. */
export const hostileFormsForPanel: readonly HostileBody[] = [
  ...hostileNames
    .filter((name) => name !== '')
    .map((name) => ({
      name: `the name ${JSON.stringify(name.slice(0, 40))}`,
      type: FORM,
      body: `${encodeURIComponent(name)}=true`,
    })),
  {
    name: 'slow names in a form',
    type: FORM,
    body: `${encodeURIComponent(REGEX_FOOD)}=1&${encodeURIComponent(REGEX)}=1`,
  },
  { name: '10,000 fields', type: FORM, body: manyFields },
]
