import childProcess, { type ForkOptions } from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'
import { running } from './compiled.ts'

/**
 * In the suite that calls it, plugins are examined by the bundle of the examiner: its source needs tsx, with which each
 * examination takes four times the CPU time.
 */
export function examinedByBundle(): void {
  const { fork } = childProcess
  const forkBundle = (path: string, args: readonly string[], options: ForkOptions) =>
    fork(running(path)[0]!, args, { ...options, execArgv: [] })
  const use = (how: unknown): void => {
    Object.assign(childProcess, { fork: how })
    syncBuiltinESMExports()
  }
  before(() => use(forkBundle))
  after(() => use(fork))
}
