import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Folder } from '../support/cli.ts'

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped?: number
  readonly failures?: readonly { readonly title: string; readonly file: string | undefined }[]
}

interface Again {
  againArgs(files: readonly string[]): string[]
  filesToTryAgain(counts: Counts): string[]
  afterSecondTry(first: Counts, second: Counts): { counts: Counts; unsteady: string[] }
}

// The checks are plain scripts, without types.
const path: string = '../../.ci/again.mjs'
const { afterSecondTry, againArgs, filesToTryAgain } = (await import(path)) as Again

const failed = (...files: (string | undefined)[]) => ({
  passed: 10,
  failed: files.length,
  skipped: 1,
  failures: files.map((file, index) => ({ title: `test ${index}`, file })),
})

describe('the second try of tests', () => {
  it('runs the files of a few failed tests again, each once', () => {
    expect(filesToTryAgain(failed('a', 'b', 'a'))).to.deep.equal(['a', 'b'])
    expect(filesToTryAgain(failed())).to.deep.equal([])
  })

  it('runs none again where many failed, or where a file or a failure is not known', () => {
    expect(filesToTryAgain(failed('a', 'b', 'c', 'd'))).to.deep.equal([])
    expect(filesToTryAgain(failed('a', undefined))).to.deep.equal([])
    expect(filesToTryAgain({ passed: 0, failed: 1, skipped: 0 })).to.deep.equal([])
  })

  it('ends although a failed test leaves something running', () => {
    const folder = new Folder()
    const file = join(folder.path, 'leaves.cjs')
    const counts = join(folder.path, 'counts.json')
    writeFileSync(
      file,
      "it('fails', () => { setInterval(() => undefined, 1000); throw new Error('x') })",
    )
    const mocha = join('node_modules', 'mocha', 'bin', 'mocha.js')
    const env = { ...process.env, WATCHKEEPER_TEST_COUNTS: counts }
    const ran = spawnSync(process.execPath, [mocha, ...againArgs([file])], { env, timeout: 60_000 })
    expect([ran.signal, ran.status]).to.deep.equal([null, 1])
    expect(JSON.parse(readFileSync(counts, 'utf8'))).to.include({ passed: 0, failed: 1 })
    folder.remove()
  })

  it('counts only where every test of a file passes, and names unsteady tests', () => {
    const first = failed('a', 'b')
    expect(afterSecondTry(first, { passed: 3, failed: 1 })).to.deep.equal({
      counts: first,
      unsteady: [],
    })
    const { counts, unsteady } = afterSecondTry(first, { passed: 4, failed: 0 })
    expect([counts.passed, counts.failed, counts.skipped]).to.deep.equal([12, 0, 1])
    expect(unsteady).to.deep.equal(['test 0', 'test 1'])
  })
})
