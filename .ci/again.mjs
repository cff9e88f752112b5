/** More failed tests than these are no accident of a busy machine. */
const MOST = 3

/**
 * The files to run a second time, alone: those of a few tests that failed beside others. None where more
 * failed, or where the run broke off.
 */
export function filesToTryAgain({ failed, failures = [] }) {
  if (failed === 0 || failed > MOST || failures.length !== failed) return []
  const files = new Set(failures.map(({ file }) => file))
  return files.has(undefined) ? [] : [...files]
}

/** The counts after the second run of those files, and the tests that failed in the first alone. */
export function afterSecondTry(first, second) {
  if (second.failed > 0) return { counts: first, unsteady: [] }
  return {
    counts: { ...first, passed: first.passed + first.failed, failed: 0 },
    unsteady: first.failures.map(({ title }) => title),
  }
}
