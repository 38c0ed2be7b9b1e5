import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../build-cache.mjs'

const modules = path.join(root, 'node_modules')

/** Every icon that AdminJS, its design system and our components name; one that is missing here draws nothing. */
const icons = (
  'Activity AlertCircle AlertTriangle ArrowRight Calendar Check ChevronDown ChevronLeft ChevronRight ChevronUp ' +
  'Copy Cpu Download Edit Eye Filter Globe Hash HelpCircle Info Key LifeBuoy List Loader LogOut Mail Menu Minus Monitor ' +
  'MoreHorizontal Phone Plus RotateCcw Save Search Send Settings Shield SkipBack SkipForward Smartphone Trash Trash2 User ' +
  'Unlock Users X'
).split(' ')

/** In the browser `adminjs` is the half that its components may use. */
const adminjs = `
export { default as ApiClient } from '${modules}/adminjs/lib/frontend/utils/api-client.js'
export { ViewHelpers } from '${modules}/adminjs/lib/backend/utils/view-helpers/view-helpers.js'
export * from '${modules}/adminjs/lib/frontend/hooks/index.js'`

const file = (name) => name.replace(/([a-z])([A-Z0-9])/g, '$1-$2').toLowerCase()
const feather = icons
  .map((name) => `export { default as ${name} } from '${modules}/react-feather/dist/icons/${file(name)}.js'`)
  .join('\n')

/** CommonJS with a default inside the default: esbuild follows Node here, AdminJS was written for Babel. */
const interop =
  /^(react-datepicker|react-text-mask|react-phone-input-2|jw-paginate|text-mask-addons\/dist\/createAutoCorrectedDatePipe\.js)$/

/** An editor that is fetched from another site, which our policy forbids. */
const tinymce = [/^@tinymce\/tinymce-react$/, 'export const Editor = () => null']
/** No page of ours asks for a phone number. */
const phoneInput = [/^react-phone-input-2/, 'export default () => null']
const illustrations =
  /(design-system\/build\/atoms\/illustrations\/(tags|rocket-new|box|plug|docs|photos|cards|drawer|padlock|beware|rocket)|components\/app\/utils\/rocket-svg)\.js$/

/** For esbuild: AdminJS's browser half from its modules, all of it: what a host's resources and components may need. */
export const wholeFrontend = {
  name: 'whole-frontend',
  setup(build) {
    const virtual = replacer(build)
    virtual(/^adminjs$/, 'adminjs', adminjs)
    virtual(
      /^adminjs\/frontend$/,
      'frontend',
      `export { default } from '${modules}/adminjs/lib/frontend/bundle-entry.js'`,
    )
    virtual(/^polished$/, 'polished', `export * from '${root}src/admin/components/mix-colours.ts'`)
    virtual(tinymce[0], 'tinymce', tinymce[1])
    build.onResolve({ filter: interop }, ({ path: name }) => ({ path: name, namespace: 'interop' }))
    build.onLoad({ filter: /.*/, namespace: 'interop' }, ({ path: name }) => ({
      contents: `import * as all from '${modules}/${name.endsWith('.js') ? name : `${name}/`}'; export default all.default?.default ?? all.default`,
      resolveDir: modules,
    }))
    // The page brings the texts of its language (src/admin/panel-texts.ts).
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
    // What is replaced here comes first, so that it is not found whole.
    virtual(/^react-feather$/, 'feather', feather)
    virtual(phoneInput[0], 'phone', phoneInput[1])
    build.onLoad({ filter: illustrations }, async (args) => ({
      contents: withoutDrawing(await readFile(args.path, 'utf8')),
    }))
    build.onLoad({ filter: /design-system\/build\/molecules\/rich-text-editor\/index\.js$/ }, () => ({
      contents: 'export const RichTextEditor = () => null; export default RichTextEditor',
    }))
    wholeFrontend.setup(build)
  },
}

/** Puts a text in the place of a module. */
function replacer(build) {
  return (filter, name, contents) => {
    build.onResolve({ filter }, () => ({ path: name, namespace: 'slim' }))
    build.onLoad({ filter: new RegExp(`^${name}$`), namespace: 'slim' }, () => ({ contents, resolveDir: modules }))
  }
}

/** The same exports, each drawing nothing. */
function withoutDrawing(source) {
  const declared = [...source.matchAll(/export (?:const|function) (\w+)/g)].map((match) => match[1])
  const listed = [...source.matchAll(/export \{([^}]*)\}/g)].flatMap((match) => match[1].split(','))
  const names = new Set([...declared, ...listed.map((name) => name.trim().split(/ as /).pop())])
  const constants = [...names]
    .filter((name) => name && name !== 'default')
    .map((name) => `export const ${name} = none;`)
  return `const none = () => null; ${constants.join(' ')} export default none`
}
