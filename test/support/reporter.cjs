'use strict'

const { writeFileSync } = require('node:fs')
const { reporters, Runner } = require('mocha')

/**
 * Mocha's spec output, then `N passed, N failed`: as a line of its own, or into the file named by
 * WATCHKEEPER_TEST_COUNTS for a run that has more to count.
 */
module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const failures = []
    runner.on(Runner.constants.EVENT_TEST_FAIL, test => {
      failures.push({ title: test.fullTitle(), file: test.file })
    })
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures: failed, pending } = this.stats
      const counts = { passed: passes, failed, skipped: pending, failures }
      const file = process.env.WATCHKEEPER_TEST_COUNTS
      if (file !== undefined) writeFileSync(file, JSON.stringify(counts))
      else {
        const skipped = pending > 0 ? `, ${pending} skipped` : ''
        process.stdout.write(`${passes} passed, ${failed} failed${skipped}\n`)
      }
    })
  }
}
