import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { repositoryRoot } from '../build-cache.mjs'

const modules = path.join(repositoryRoot, 'node_modules')

/** Every icon that AdminJS, its design system and the site's components use. An icon that is missing here is not drawn. */
const icons = (
  'Activity AlertCircle AlertTriangle ArrowRight Calendar Check ChevronDown ChevronLeft ChevronRight ChevronUp ' +
  'Copy Cpu Download Edit Eye Filter Globe Hash HelpCircle Info Key LifeBuoy List Loader LogOut Mail Menu Minus Monitor ' +
  'MoreHorizontal Phone Plus RotateCcw Save Search Send Settings Shield SkipBack SkipForward Smartphone Trash Trash2 User ' +
  'Unlock Users X'
).split(' ')

/** Replaces `adminjs` in the browser: only what its components use. */
const adminjs = `
export { default as ApiClient } from '${modules}/adminjs/lib/frontend/utils/api-client.js'
export { ViewHelpers } from '${modules}/adminjs/lib/backend/utils/view-helpers/view-helpers.js'
export * from '${modules}/adminjs/lib/frontend/hooks/index.js'`

const file = (name) => name.replace(/([a-z])([A-Z0-9])/g, '$1-$2').toLowerCase()
const feather = icons
  .map((name) => `export { default as ${name} } from '${modules}/react-feather/dist/icons/${file(name)}.js'`)
  .join('\n')

/** CommonJS modules with a default export inside the default export: esbuild imports them as Node does, AdminJS expects Babel's way. */
const interop =
  /^(react-datepicker|react-text-mask|react-phone-input-2|jw-paginate|text-mask-addons\/dist\/createAutoCorrectedDatePipe\.js)$/

/** This editor is loaded from another site, which the Content-Security-Policy forbids. */
const tinymce = [/^@tinymce\/tinymce-react$/, 'export const Editor = () => null']
/** No page of the panel has a field for phone numbers. */
const phoneInput = [/^react-phone-input-2/, 'export default () => null']
const illustrations =
  /(design-system\/build\/atoms\/illustrations\/(tags|rocket-new|box|plug|docs|photos|cards|drawer|padlock|beware|rocket)|components\/app\/utils\/rocket-svg)\.js$/

/** An esbuild plugin for all of AdminJS's browser code, because a host's resources and components can need any of it. */
export const fullFrontend = {
  name: 'full-frontend',
  setup(build) {
    const virtual = replacer(build)
    virtual(/^adminjs$/, 'adminjs', adminjs)
    virtual(
      /^adminjs\/frontend$/,
      'frontend',
      `export { default } from '${modules}/adminjs/lib/frontend/bundle-entry.js'`,
    )
    virtual(/^polished$/, 'polished', `export * from '${repositoryRoot}src/admin/components/mix-colours.ts'`)
    virtual(tinymce[0], 'tinymce', tinymce[1])
    build.onResolve({ filter: interop }, ({ path: name }) => ({ path: name, namespace: 'interop' }))
    build.onLoad({ filter: /.*/, namespace: 'interop' }, ({ path: name }) => ({
      contents: `import * as all from '${modules}/${name.endsWith('.js') ? name : `${name}/`}'; export default all.default?.default ?? all.default`,
      resolveDir: modules,
    }))
    // The page contains the texts of its language (src/admin/panel-texts.ts).
    build.onLoad({ filter: /adminjs\/lib\/locale\/[^/]+\/translation\.json$/ }, () => ({
      contents: '{}',
      loader: 'json',
    }))
  },
}

/** The same without editors, illustrations and unused icons. */
export const slimFrontend = {
  name: 'slim-frontend',
  setup(build) {
    const virtual = replacer(build)
    // Registered before those of fullFrontend: the first match applies.
    virtual(/^react-feather$/, 'feather', feather)
    virtual(phoneInput[0], 'phone', phoneInput[1])
    build.onLoad({ filter: illustrations }, async (args) => ({
      contents: withoutDrawing(await readFile(args.path, 'utf8')),
    }))
    build.onLoad({ filter: /design-system\/build\/molecules\/rich-text-editor\/index\.js$/ }, () => ({
      contents: 'export const RichTextEditor = () => null; export default RichTextEditor',
    }))
    fullFrontend.setup(build)
  },
}

/** Returns a function that replaces a module by a text. */
function replacer(build) {
  return (filter, name, contents) => {
    build.onResolve({ filter }, () => ({ path: name, namespace: 'slim' }))
    build.onLoad({ filter: new RegExp(`^${name}$`), namespace: 'slim' }, () => ({ contents, resolveDir: modules }))
  }
}

/** Returns a module with the same exports, each of which draws nothing. */
function withoutDrawing(source) {
  const declared = [...source.matchAll(/export (?:const|function) (\w+)/g)].map((match) => match[1])
  const listed = [...source.matchAll(/export \{([^}]*)\}/g)].flatMap((match) => match[1].split(','))
  const names = new Set([...declared, ...listed.map((name) => name.trim().split(/ as /).pop())])
  const constants = [...names]
    .filter((name) => name && name !== 'default')
    .map((name) => `export const ${name} = none;`)
  return `const none = () => null; ${constants.join(' ')} export default none`
}
