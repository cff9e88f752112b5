import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { Folder } from '../support/cli.ts'
import { blocksOf, placeOf, ROOT } from '../support/docs/blocks.ts'
import { runExample, shownValues } from '../support/docs/run-example.ts'
import { needing } from '../support/needing.ts'

/** The URL of the page. */
const SHOWN = 'http://127.0.0.1:8080'
/** A line that shows a value: `expression  # => value`. */
const SHOWN_VALUE = /^( *)(.+?) +# => (.+)$/gm

const PRELUDE = `def check(text, found, expected):
    if found != expected:
        raise SystemExit(f"{text}: {found!r} in place of {expected!r}")
    print(text)

`

describe('docs/clients.md', function () {
  this.timeout(60_000)

  let folder: Folder
  let service: RunningWatchkeeper

  before(async () => {
    folder = new Folder()
    const feed = { kind: 'simulated', seed: 7 }
    const config = { dataFolder: join(folder.path, 'data'), http: { port: 0 }, feed }
    service = await startWatchkeeper({ config, env: {} })
  })
  after(async () => {
    await service.stop()
    folder.remove()
  })

  const blocks = blocksOf('docs/clients.md')
  for (const block of blocks.filter(({ language }) => language === 'ts')) {
    it(`shows a program that runs, and the values that it has: ${placeOf(block)}`, async () => {
      expect(shownValues(block.text)).to.be.at.least(5)
      expect(await runExample(block.text.replaceAll(SHOWN, service.url))).to.deep.equal([])
    })
  }

  for (const block of blocks.filter(({ language }) => language === 'python')) {
    needing('python3').it(
      `shows a Python program that runs, and the values that it has: ${placeOf(block)}`,
      async () => {
        const file = join(folder.path, 'example.py')
        const code = block.text.replace(
          SHOWN_VALUE,
          (_all, indent: string, shown: string, value: string) =>
            `${indent}check(${JSON.stringify(shown)}, ${shown}, ${value})`,
        )
        writeFileSync(file, `${PRELUDE}${code}\n`)
        const { stdout, stderr } = await promisify(execFile)(
          'python3',
          ['-I', '-B', '-c', RUN, file],
          {
            env: { PATH: process.env['PATH'], WATCHKEEPER_URL: service.url },
            timeout: 30_000,
          },
        ).catch((failed: unknown) => failed as { stdout: string; stderr: string })
        expect(stderr).to.equal('')
        expect(stdout.trim().split('\n')).to.have.length(
          [...block.text.matchAll(SHOWN_VALUE)].length,
        )
      },
    )
  }
})

/** Runs a file beside the client of this clone. */
const RUN = `import runpy, sys
sys.path.insert(0, ${JSON.stringify(join(ROOT, 'clients/python'))})
runpy.run_path(sys.argv[1])`
