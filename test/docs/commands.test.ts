import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  blocksOf,
  examplesOf,
  PAGES,
  placeOf,
  ROOT,
  type Block,
  type Example,
} from '../support/docs/blocks.ts'
import { PageSession } from '../support/docs/page-session.ts'
import { needing, type Need } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'

/** Commands that are not run, by how they begin, and why. Each must occur on its page. */
const NOT_RUN: readonly {
  readonly page: string
  readonly command: string
  readonly why: string
}[] = [
  { page: 'README.md', command: 'npm start    #', why: 'it is run where its output is shown' },
  {
    page: 'README.md',
    command: 'npx watchkeeper demo',
    why: 'test/ci/package.test.ts runs it where the package is installed',
  },
  { page: 'README.md', command: 'npm test', why: 'it would run this test' },
  { page: 'README.md', command: 'npm run test:unit', why: 'a whole run has these tests, too' },
  {
    page: 'docs/http.md',
    command: "curl -N 'localhost:8080/api/view/stream",
    why: 'it goes on until it is interrupted; test/http/view reads the frames',
  },
  {
    page: 'docs/getting-started.md',
    command: 'npm ci',
    why: 'it installs; npm start does it, too',
  },
  {
    page: 'docs/operations.md',
    command: 'docker ',
    why: 'it wants a Docker daemon and a registry',
  },
  {
    page: 'docs/observability.md',
    command: 'curl -X POST -H "authorization: Bearer $TOKEN"',
    why: 'it takes ten seconds; test/http/routes/debug.test.ts asks for a short one',
  },
  {
    page: 'docs/cli.md',
    command: 'watchkeeper journal --position btc-1 --follow',
    why: 'it goes on until it is interrupted; test/cli/journal-commands.test.ts follows one',
  },
  {
    page: 'docs/clients.md',
    command: 'pip install',
    why: 'it wants pip; test/clients/python.test.ts installs the package where there is one',
  },
  { page: 'docs/observability.md', command: 'journalctl ', why: 'it wants systemd' },
  {
    page: 'docs/venues.md',
    command: 'watchkeeper init',
    why: 'it wants an account at a venue; test/cli/init.test.ts runs it at an emulator',
  },
  {
    page: 'docs/venues.md',
    command: 'watchkeeper holdings ',
    why: 'it wants a service with an account at a venue',
  },
  {
    page: 'docs/venues.md',
    command: 'watchkeeper gateway confirm-holdings',
    why: 'it wants a service that holds its exits back',
  },
  {
    page: 'docs/venues.md',
    command: 'watchkeeper run --config watchkeeper.yaml',
    why: 'it wants the files that init writes',
  },
  {
    page: 'docs/venues.md',
    command: 'watchkeeper guard --live',
    why: 'it wants a live account at a venue',
  },
  {
    page: 'docs/venues.md',
    command: 'watchkeeper venue test',
    why: 'it wants an account at a venue',
  },
  {
    page: 'docs/observability.md',
    command: 'node --import ./my-otel.mjs',
    why: 'it wants an exporter that is no dependency of this project',
  },
]

/** Commands that are replaced by others. */
const INSTEAD: Readonly<Record<string, (session: PageSession) => void | Promise<void>>> = {
  'systemctl stop watchkeeper': session => session.stop(),
  'systemctl start watchkeeper': session => session.startAgain(),
  // The session's `watchkeeper` is this very file, before it is compiled.
  'alias watchkeeper="node $PWD/dist/cli/main.js"': () => {
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      bin: Record<string, string>
    }
    expect(bin).to.deep.equal({ watchkeeper: 'dist/cli/main.js' })
  },
}

/** Commands whose output is measured: each number of it varies. */
const MEASURED = ['watchkeeper report', 'watchkeeper metrics', 'watchkeeper gateway']

/** What runs before a page begins. */
const BEFORE: Readonly<Record<string, string>> = {
  'docs/http.md': 'npm start',
  'docs/mcp.md': 'npm start',
  'skills/watchkeeper/SKILL.md': 'npm start',
  'docs/operations.md': 'watchkeeper run --config config/default.yaml --data /var/lib/watchkeeper',
}

/** Files that a page takes for those of its reader, and the page that shows them. */
const FILES: Readonly<Record<string, { readonly from: string; readonly file: string }>> = {
  'README.md': { from: 'docs/getting-started.md', file: 'ticks.csv' },
}

/** What the examples of a page need on the machine. */
const NEEDS: Readonly<Record<string, readonly Need[]>> = {
  'docs/accounts.md': ['curl'],
  'docs/brokers.md': ['curl'],
  'docs/cli.md': ['redis-server', 'curl'],
  'docs/getting-started.md': ['jq'],
  'docs/http.md': ['curl'],
  'docs/hooks.md': ['curl', 'jq'],
  'docs/mcp.md': ['jq'],
  'skills/watchkeeper/SKILL.md': ['jq'],
  'docs/redis.md': ['redis-server'],
}

/**
 * Programs that may run: the page's folder links to the clone, and a command that installs or
 * deletes would follow the links.
 */
const HARMLESS =
  /^(?:\w+=\S+ )*(?:watchkeeper|npm start|node --import tsx|curl|jq|head|cat|echo|zcat)\b/

const isRun = ({ language }: Block): boolean => language === 'sh' || language === 'console'
const isNotRun = ({ block, command }: Example): boolean =>
  NOT_RUN.some(({ page, command: start }) => page === block.page && command.startsWith(start))

describe('the commands of the documentation', function () {
  this.timeout(240_000)
  for (const page of PAGES) {
    const blocks = blocksOf(page)
    if (!blocks.some(isRun)) continue

    const needs = NEEDS[page] ?? []
    const here = needs.map(needing).find(each => each.it !== it) ?? { it }
    here.it(`of ${page} say what it shows`, async () => {
      const redis = needs.includes('redis-server') ? await RedisServer.start() : undefined
      const session = new PageSession({ ports: redis ? { 6379: redis.port } : {} })
      const differences: string[] = []
      const run = async (example: Example): Promise<void> => {
        const { block, command } = example
        const instead = INSTEAD[command]
        if (instead !== undefined) {
          await instead(session)
          return
        }
        if (isNotRun(example)) return
        if (!HARMLESS.test(command)) {
          differences.push(`${placeOf(block)}: ${command}\nis neither harmless nor listed here`)
          return
        }
        const difference = await session.differenceOf(example, MEASURED.includes(command))
        if (difference !== undefined)
          differences.push(`${placeOf(block)}: ${command}\n${difference}`)
      }
      try {
        const lent = FILES[page]
        if (lent !== undefined)
          session.save(blocksOf(lent.from).find(({ file }) => file === lent.file)!)
        const before = BEFORE[page]
        const [block] = blocks as [Block]
        if (before !== undefined) await run({ block, command: before, output: undefined })
        for (const each of blocks) {
          if (each.file !== undefined) session.save(each)
          else if (isRun(each)) for (const example of examplesOf(each)) await run(example)
        }
      } finally {
        await session.end()
        await redis?.close()
      }
      expect(differences.join('\n\n')).to.equal('')
    })
  }

  it('are listed here only where a page contains them', () => {
    const examples = PAGES.flatMap(blocksOf).filter(isRun).flatMap(examplesOf)
    for (const { page, command: start } of NOT_RUN) {
      const found = examples.filter(
        ({ block, command }) => block.page === page && command.startsWith(start),
      )
      expect(found, `${page}: ${start}`).to.have.length.above(0)
    }
    expect(examples.map(({ command }) => command)).to.include.members([
      ...Object.keys(INSTEAD),
      ...MEASURED,
    ])
    expect(PAGES).to.include.members([
      ...Object.keys(BEFORE),
      ...Object.keys(FILES),
      ...Object.keys(NEEDS),
    ])
  })
})
