import { runCodeTool } from '../scripts/code-tools.mjs'
import { exceptions } from './layers.mjs'

// Checks the imports of src/ with dependency-cruiser. The rules are in .dependency-cruiser.mjs.
const args = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src']
const output = runCodeTool('dependency-cruiser/bin/dependency-cruise.mjs', args, { stdout: 'pipe' })
const { summary, modules } = JSON.parse(output)
const violations = summary.violations.map(({ rule, from, to, cycle }) => ({
  rule: rule.name,
  from,
  to,
  path: [from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' → '),
}))

const matches = (known, { rule, from, to }) =>
  rule !== 'layers' && known.from === from && (known.to === '*' || known.to === to)
const unexpected = violations.filter((violation) => !exceptions.some((known) => matches(known, violation)))
for (const { rule, path } of unexpected) console.error(`${rule}: ${path}`)
for (const known of exceptions.filter((each) => !violations.some((violation) => matches(each, violation))))
  console.error(`.ci/layers.mjs: remove the exception ${known.from} → ${known.to}. No import needs it.`)
if (unexpected.length > 0) {
  console.error(
    '\nMove the imported code to a lower layer, or pass it in. .ci/layers.mjs lists what can import what.\nAn import that has to wait for another move can be listed there as an exception.',
  )
  process.exit(1)
}
const checked = modules.filter(({ source }) => source.startsWith('src/')).length
console.log(`Imports: ${checked} files, all from lower layers, ${exceptions.length} exceptions.`)
