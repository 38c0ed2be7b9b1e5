/** Prints one separate line without colours at the end of a run: `N passed, N failed[, N skipped]`. */
export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[outcomeOf(test)] += 1
      // A file that could not be loaded, or whose hook failed, has no failed test.
      if (!module.ok() && ![...module.children.allTests('failed')].length) count.failed += 1
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`)
  }
}

function outcomeOf(test) {
  const { state } = test.result()
  return state === 'passed' || state === 'failed' ? state : 'skipped'
}
