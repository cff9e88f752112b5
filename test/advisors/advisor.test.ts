import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Advisor, type AdvisorDeps } from '../../src/advisors/advisor.ts'
import { advisorsSchema } from '../../src/advisors/options.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import type { PositionView } from '../../src/ports/control/positions.ts'
import { Folder } from '../support/cli.ts'
import { until } from '../support/until.ts'

const EXAMPLES = new URL('../../examples/advisors/', import.meta.url).pathname

const view = (id: string, but: Partial<PositionView> = {}): PositionView =>
  ({
    id,
    instrument: instrumentId('EURUSD'),
    side: 'long',
    quantity: 1,
    entryPrice: 100,
    state: 'guarded',
    best: 100,
    stop: 90,
    target: null,
    lastPrice: 100,
    priceAgeMs: 5,
    ...but,
  }) as PositionView

/** A program that answers each update by lines of its own, besides the confirmation. */
const answering = (lines: string, first = ''): string => `
import { createInterface } from 'node:readline'
const say = message => process.stdout.write(JSON.stringify(message) + '\\n')
${first}
for await (const line of createInterface({ input: process.stdin })) {
  const update = JSON.parse(line)
  if (update.type !== 'update') continue
  ${lines}
  say({ type: 'ok', seq: update.seq })
}`

describe('an advisor', function () {
  // Real processes are started, some of them several times.
  this.timeout(180_000)

  let folder: Folder
  let advisor: Advisor | undefined
  let views: PositionView[]
  let changes: [string, unknown][]
  let exits: string[]
  let notes: [string, Readonly<Record<string, unknown>>][]
  let ahead: number
  /** Whether the views show no change yet. */
  let isStale: boolean
  beforeEach(() => {
    folder = new Folder()
    views = [view('a'), view('b', { instrument: instrumentId('GOLD'), side: 'short', stop: 110 })]
    ;[changes, exits, notes, ahead, isStale] = [[], [], [], 0, false]
  })
  afterEach(async () => {
    await advisor?.stop()
    folder.remove()
  })

  const deps: AdvisorDeps = {
    control: {
      positions: () => views,
      changeRules: async (id, { rules, force }) => {
        changes.push([id, [rules, force]])
        const index = views.findIndex(each => each.id === id)
        const { price } = rules['stopLoss'] as { price: number }
        if (!isStale) views[index] = { ...views[index]!, stop: price }
        const isFirst = changes.filter(([about]) => about === id).length === 1
        return { changes: isFirst ? [{}] : [] } as unknown as Awaited<
          ReturnType<AdvisorDeps['control']['changeRules']>
        >
      },
      exit: async id => {
        exits.push(id)
        return undefined as never
      },
    },
    note: (kind, detail) => void notes.push([kind, detail]),
    now: () => 1_700_000_000_000,
    monotonic: () => performance.now() + ahead,
    random: () => 0.5,
  }

  /** Starts an advisor, and gives what lets it work until something is so. */
  function start(program: string | readonly string[], but: object = {}) {
    const command =
      typeof program === 'string'
        ? [process.execPath, folder.file('advisor.mjs', program)]
        : [...program]
    const [config] = advisorsSchema.parse([
      {
        name: 'test',
        command,
        everyMs: 100,
        backoff: { initialMs: 1, maxMs: 1, jitter: 0 },
        ...but,
      },
    ])
    const made = new Advisor(config!, deps)
    advisor = made
    return (isSo: () => boolean): Promise<void> => until(() => (made.cycle(), isSo()))
  }

  const ended = (): string[] =>
    notes.flatMap(([kind, { why }]) =>
      kind === 'advisor-ended' || kind === 'advisor-quarantined' ? [String(why)] : [],
    )

  it('is given its positions alone, and tightens them without force', async () => {
    const go = start(
      answering(
        `for (const { id } of update.positions) say({ type: 'tighten', position: id, stop: 95 })`,
      ),
      { instruments: ['EUR*'] },
    )
    await go(() => changes.length > 0)
    expect(changes[0]).to.deep.equal(['a', [{ stopLoss: { price: 95 } }, false]])
    await go(() => advisor!.counts.refused > 0)
    expect(changes).to.have.length(1)
  })

  it('counts a stop once that it asks for again before the change shows', async () => {
    isStale = true
    const go = start(answering(`say({ type: 'tighten', position: 'a', stop: 95 })`))
    await go(() => changes.length > 1 && advisor!.counts.refused > 0)
    expect(advisor!.counts.tightened).to.equal(1)
  })

  it('loosens nothing, and reaches no position but its own', async () => {
    const go = start(
      answering(`
        say({ type: 'tighten', position: 'a', stop: 80 })
        say({ type: 'tighten', position: 'b', stop: 105 })
        say({ type: 'tighten', position: 'c', stop: 99 })
        say({ type: 'exit', position: 'a' })`),
      { positions: ['a'] },
    )
    await go(() => advisor!.counts.refused >= 4)
    expect([changes, exits]).to.deep.equal([[], []])
  })

  it('exits where the configuration allows it', async () => {
    const go = start(answering(`say({ type: 'exit', position: 'a' })`), { mayExit: true })
    await go(() => exits.length > 0)
    expect(exits[0]).to.equal('a')
  })

  it('journals its notes, cut, and no more of them than a journal bears', async () => {
    const go = start(
      answering(`for (let i = 0; i < 30; i++) say({ type: 'note', text: 'n'.repeat(2_000) })`),
    )
    await go(() => advisor!.counts.notes === 10)
    const texts = notes.filter(([kind]) => kind === 'advisor-note')
    expect(texts).to.have.length(10)
    expect(String(texts[0]![1]['text'])).to.have.length(500)
  })

  for (const [title, program, why] of [
    [
      'that writes a megabyte without a newline',
      `process.stdout.write('x'.repeat(1e6)); setInterval(() => {}, 1e3)`,
      /too long/,
    ],
    [
      'that writes 100,000 lines at once',
      `process.stdout.write('{"type":"note","text":"x"}\\n'.repeat(1e5)); setInterval(() => {}, 1e3)`,
      /a flood of lines/,
    ],
    ['that ends', `console.error('no feed'); process.exit(3)`, /it ended with 3: no feed/],
  ] as const) {
    it(`${title} is restarted, then quarantined, and its levels stay`, async () => {
      const go = start(program, { maxRestarts: 2 })
      await go(() => advisor!.state === 'quarantined')
      expect(ended()).to.have.length(3)
      for (const each of ended()) expect(each).to.match(why)
      expect(changes).to.deep.equal([])
      advisor!.cycle()
      expect(advisor!.state).to.equal('quarantined')
    })
  }

  it('that cannot be started is quarantined likewise', async () => {
    const go = start(['/none/program'], { maxRestarts: 0 })
    await go(() => advisor!.state === 'quarantined')
    expect(ended()[0]).to.match(/cannot be started: .*ENOENT/)
  })

  it('that writes what is no answer loses these lines alone', async () => {
    const go = start(
      answering(`
        process.stdout.write('no json\\n[1]\\n{"type":"loosen"}\\n{"type":"tighten","position":"a","stop":"95"}\\n')
        say({ type: 'tighten', position: 'a', stop: 96 })`),
    )
    await go(() => changes.length > 0)
    expect(advisor!.counts.invalid).to.be.at.least(4)
    expect(changes[0]![1]).to.deep.equal([{ stopLoss: { price: 96 } }, false])
  })

  it('that is killed comes back', async () => {
    const go = start(answering(`say({ type: 'note', text: String(process.pid) })`))
    const pid = (): number =>
      Number(notes.findLast(([kind]) => kind === 'advisor-note')?.[1]['text'])
    await go(() => pid() > 0)
    const first = pid()
    process.kill(first, 'SIGKILL')
    await go(() => pid() !== first)
    expect(ended()).to.deep.equal(['it was ended by SIGKILL'])
  })

  it('that stands still is killed after hangMs, and nothing waits for it', async () => {
    const go = start(answering(`say({ type: 'note', text: String(process.pid) })`), {
      hangMs: 5_000,
    })
    await go(() => notes.some(([kind]) => kind === 'advisor-note'))
    process.kill(Number(notes.find(([kind]) => kind === 'advisor-note')![1]['text']), 'SIGSTOP')
    ahead = 6_000
    await go(() => ended().length > 0)
    expect(ended()).to.deep.equal(['it confirmed no update for 5000 ms'])
  })

  it('leaves no process behind, whatever it has started', async () => {
    const go = start(
      answering(
        '',
        `import { spawn } from 'node:child_process'
         const child = spawn('sleep', ['1000'])
         say({ type: 'note', text: String(child.pid) })`,
      ),
    )
    await go(() => notes.some(([kind]) => kind === 'advisor-note'))
    const pid = Number(notes.find(([kind]) => kind === 'advisor-note')![1]['text'])
    await advisor!.stop()
    await until(() => !isAlive(pid))
    expect(notes.filter(([kind]) => kind === 'advisor-ended')).to.deep.equal([])
  })

  it('sees no variable of the service', async () => {
    process.env['WATCHKEEPER_BROKER_SECRET'] = 'secret'
    try {
      const go = start(answering(`say({ type: 'note', text: Object.keys(process.env).join() })`), {
        env: { FACTOR: '2' },
      })
      await go(() => notes.some(([kind]) => kind === 'advisor-note'))
      const text = String(notes.find(([kind]) => kind === 'advisor-note')![1]['text'])
      expect(text.split(',')).to.include('FACTOR')
      expect(text).to.not.include('WATCHKEEPER')
    } finally {
      delete process.env['WATCHKEEPER_BROKER_SECRET']
    }
  })

  it('of the examples trails a chandelier stop, in Python', async () => {
    const go = start(['python3', join(EXAMPLES, 'chandelier.py')])
    let price = 100
    await go(() => {
      price += 0.01
      views = [view('a', { best: price, lastPrice: price, stop: views[0]!.stop })]
      return changes.length > 0
    })
    const [[, [{ stopLoss }]]] = changes as [[string, [{ stopLoss: { price: number } }, boolean]]]
    expect(stopLoss.price).to.be.within(90, price)
  })

  it('of the examples exits at news, in shell', async () => {
    const news = join(folder.path, 'news')
    const go = start(['sh', join(EXAMPLES, 'news-flattener.sh'), news], {
      mayExit: true,
      instruments: ['EUR*'],
      linesPerSecond: 50,
    })
    await go(() => advisor!.state === 'running')
    writeFileSync(news, '')
    await go(() => exits.length > 0)
    expect([...new Set(exits)]).to.deep.equal(['a'])
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
