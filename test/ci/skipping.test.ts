import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MOCHA = join(ROOT, 'node_modules/mocha/bin/mocha.js')

/** Runs test files on a machine that lacks all programs. */
function runWithoutPrograms(
  ...files: readonly string[]
): Promise<{ code: unknown; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-empty-'))
  const { WATCHKEEPER_TEST_COUNTS: _, ...inherited } = process.env
  const env = { ...inherited, PATH: folder }
  return new Promise(resolve =>
    execFile(
      process.execPath,
      [MOCHA, '--no-color', ...files],
      { cwd: ROOT, env },
      (error, output) => {
        rmSync(folder, { recursive: true, force: true })
        resolve({ code: error === null ? 0 : error.code, output })
      },
    ),
  )
}

/** Support that runs a program, and what its users need. */
const NEEDED_BY = {
  'support/redis-server.ts': 'redis-server',
  'support/browser.ts': 'chromium',
  'support/namespace.ts': 'namespaces',
  'support/small-disk.ts': 'a small disk',
}

describe('tests on a machine without the programs that they need', () => {
  it('declare their needs wherever they use a program', () => {
    const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    const texts = files
      .filter(name => name.endsWith('.test.ts'))
      .map(name => ({ name, text: readFileSync(join(ROOT, 'test', name), 'utf8') }))
    for (const [support, need] of Object.entries(NEEDED_BY)) {
      const users = texts.filter(({ text }) => text.includes(`../${support}'`))
      expect(users, support).not.to.deep.equal([])
      for (const { name, text } of users) {
        // A file with a table of needs names the need there.
        const said = text.includes('needs.map(needing)') ? `['${need}'` : `needing('${need}')`
        expect(text, name).to.include(said)
      }
    }
  })

  it('are skipped by name, each with its reason, and fail nothing', async () => {
    const { code, output } = await runWithoutPrograms(
      'test/app/offline.test.ts',
      'test/observability/prometheus-rules.test.ts',
      'test/processes/ending.test.ts',
      'test/disk/kernel-lock.test.ts',
      '--grep',
      'reading a data folder|are valid|process 1 of|is busy|lead to',
    )
    expect(output).to.match(
      /reading a data folder \(redis-server is missing: apt-get install \S+\)/,
    )
    expect(output).to.include('- reports a missing store, instead of an empty list of positions')
    expect(output).to.match(
      /- are valid, and .* \(promtool is missing: apt-get install prometheus\)/,
    )
    expect(output).to.match(
      /- is immediate for process 1 .* \(unshare may make no pid namespace here\)/,
    )
    expect(output).to.match(/a lock of the kernel on a file \(flock is missing: apt-get install/)
    expect([code, output.trimEnd().split('\n').at(-1)]).to.deep.equal([
      0,
      '1 passed, 0 failed, 5 skipped',
    ])
  }).timeout(180_000)
})
