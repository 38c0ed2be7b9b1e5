import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from './build-cache.mjs'

const modules = path.join(root, 'node_modules')
const { version } = JSON.parse(readFileSync(path.join(modules, 'adminjs/package.json'), 'utf8'))

/** AdminJS reads two files beside itself at start; in a bundle nothing lies there. */
const paths = [
  ["JSON.parse(fs.readFileSync(path.join(__dirname, '../package.json'), 'utf-8'))", JSON.stringify({ version })],
  ["path.join(path.parse(require.resolve('@adminjs/design-system')).dir, `../bundle.${NODE_ENV}.js`)", "''"],
  ['createRequire(import.meta.url)', 'null'],
]

const design = `
export * from '${modules}/@adminjs/design-system/build/theme.js'
export { combineStyles } from '${modules}/@adminjs/design-system/build/utils/combine-styles.js'
export const DEFAULT_DRAWER_WIDTH = '500px'`

const contentsOf = (contents) => () => ({ contents, resolveDir: modules })

/**
 * For esbuild: AdminJS's server half without what only its own page, its own login and
 * its bundling at run time need, which is Babel, Rollup and a React library: 0.3 MB
 * instead of 13, and start in tenths of a second instead of two and a half.
 */
export function leanAdminjs() {
  return {
    name: 'lean-adminjs',
    setup(build) {
      const replace = (filter, contents) => build.onLoad({ filter }, contentsOf(contents))
      build.onResolve({ filter: /^@adminjs\/design-system$/ }, () => ({ path: 'design-system', namespace: 'lean' }))
      build.onLoad({ filter: /.*/, namespace: 'lean' }, contentsOf(design))
      replace(
        /adminjs\/lib\/backend\/bundler\/components\.bundler\.js$/,
        'const no = async () => null; export default { createEntry: no, build: no, watch: no, getOutput: no }',
      )
      replace(/adminjs\/lib\/frontend\/(components|hoc|hooks|utils|interfaces)\/index\.js$/, 'export {}')
      replace(
        /adminjs\/lib\/frontend\/(login|layout)-template\.js$/,
        'export default () => { throw new Error("AdminJS renders no page of its own here.") }',
      )
      build.onLoad({ filter: /adminjs\/lib\/(adminjs|backend\/utils\/router\/router)\.js$/ }, async (file) => {
        const source = await readFile(file.path, 'utf8')
        return { contents: paths.reduce((text, [from, to]) => text.replace(from, to), source) }
      })
    },
  }
}
