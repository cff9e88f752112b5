/** Most failed tests that a busy machine may explain. */
const MOST = 3

/**
 * The files to run a second time, alone: those of a few tests that failed beside others. Empty
 * where more failed, or where the run broke off.
 */
export function filesToTryAgain({ failed, failures = [] }) {
  if (failed === 0 || failed > MOST || failures.length !== failed) return []
  const files = new Set(failures.map(({ file }) => file))
  return files.has(undefined) ? [] : [...files]
}

/** The arguments of mocha for these files: what a failed test leaves running does not keep the run from ending. */
export const againArgs = files => ['--no-color', '--exit', ...files]

/** The counts after the second run, and the tests that failed only in the first. */
export function afterSecondTry(first, second) {
  if (second.failed > 0) return { counts: first, unsteady: [] }
  return {
    counts: { ...first, passed: first.passed + first.failed, failed: 0 },
    unsteady: first.failures.map(({ title }) => title),
  }
}
