import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import {
  EVENTS,
  plainItem,
  type Channel,
  type Message,
} from '../../../src/observability/notify/channel.ts'
import { Courier } from '../../../src/observability/notify/courier.ts'
import type { Delivered } from '../../../src/observability/notify/delivery.ts'
import type { KeptCourier } from '../../../src/observability/notify/kept-courier.ts'
import { Pace } from '../../../src/observability/notify/pace.ts'
import type { JournalLine, JournalQuery } from '../../../src/ports/journal-lines.ts'

const TAKEN: Delivered = { kind: 'taken' }
const BUSY: Delivered = { kind: 'unanswered', why: 'it answered 503', retryAfterMs: 0 }
const SILENT: Delivered = {
  kind: 'unanswered',
  why: 'it did not answer in time',
  retryAfterMs: 0,
  mayHaveArrived: true,
}
const refused = (status: number): Delivered => ({ kind: 'refused', status, retryAfterMs: 0 })

describe('Courier', () => {
  let lines: JournalLine[]
  let sent: Message[]
  let answers: Delivered[]
  let kept: KeptCourier
  let failures: string[]
  let mono: number
  let courier: Courier
  let stopped: AbortSignal | undefined

  beforeEach(() => {
    lines = []
    sent = []
    answers = []
    kept = { cursor: 0 }
    failures = []
    mono = 0
  })

  afterEach(() => courier.stop(0))

  const add = (kind: string, detail: object = {}): void => {
    const seq = (lines.at(-1)?.seq ?? 0) + 1
    lines.push({ seq, at: 1_000 + seq, kind, ...detail })
  }

  const exit = (positionId: string, profit = -5): void =>
    add('exit-filled', { positionId, price: 95, quantity: 1, profit, reason: 'stop-loss' })

  const journal = ({ after, limit }: JournalQuery): Promise<readonly JournalLine[]> =>
    Promise.resolve(lines.filter(({ seq }) => seq > after).slice(0, limit))

  /** A process that finds what the one before has kept. */
  function start(
    { longest = 1_000, maxPending = 50 } = {},
    { areNamed = false, ...about }: { areNamed?: boolean; accounts?: ReadonlySet<string> } = {},
  ): Courier {
    const monotonic = (): number => mono
    const channel: Channel = {
      name: 'desk',
      address: 'desk',
      events: new Set(EVENTS),
      ...about,
      keepsIncidents: false,
      from: 'warn',
      spacingMs: 0,
      longest,
      render: plainItem,
      request: () => expect.fail('it has no health'),
      message: message => ({
        send: signal => {
          stopped = signal
          sent.push(message)
          return Promise.resolve(answers.shift() ?? TAKEN)
        },
      }),
    }
    courier = new Courier({
      channel,
      pace: new Pace({ spacingMs: 0, monotonic }),
      service: 'desk-1',
      ticks: { of: () => undefined },
      areNamed,
      maxPending,
      past: kept,
      monotonic,
      journal,
      keep: each => {
        kept = structuredClone(each)
        return Promise.resolve()
      },
      onFailure: why => failures.push(why),
      onRecovery: () => failures.push('back'),
    })
    return courier
  }

  async function cycle(ms = 0): Promise<void> {
    mono += ms
    courier.run()
    await courier.idle()
  }

  const ids = (): (string | undefined)[][] =>
    sent.map(({ items }) => items.map(({ line }) => line.positionId))

  it('sends the next process what this one could not deliver, in order and once', async () => {
    answers = [BUSY]
    start()
    exit('p1')
    exit('p2')
    await cycle()
    sent = []
    start()
    await cycle()
    expect(ids()).to.deep.equal([['p1', 'p2']])
    expect(kept).to.deep.equal({ cursor: 2 })
    start()
    await cycle()
    expect(sent).to.have.length(1)
  })

  it('sends a channel the lines of its accounts and of the process alone, each with its account', async () => {
    start({}, { accounts: new Set(['bolt']), areNamed: true })
    const trade = { at: 1, kind: 'exit-closed', positionId: 'p1' }
    lines.push({ ...trade, seq: 1, account: 'acme' })
    lines.push({ ...trade, seq: 2, account: 'bolt/A1' })
    lines.push({ at: 1, kind: 'kill-switch', seq: 3, state: 'halt' })
    await cycle()
    const titles = sent.flatMap(({ items }) => items.map(({ title, account }) => [title, account]))
    expect(titles).to.deep.equal([
      ['bolt: Closed p1: nothing was left to sell', 'bolt'],
      ['Halted: no order leaves', undefined],
    ])
  })

  it('leaves no listener behind, however many messages it sends', async () => {
    start({ longest: 1 })
    for (let count = 0; count < 20; count++) exit(`p${count}`)
    await cycle()
    expect(sent).to.have.length(20)
    expect(getEventListeners(stopped!, 'abort')).to.deep.equal([])
  })

  it('marks as a possible repeat what was under way when a process ended, under the same id', async () => {
    let answer: (result: Delivered) => void = () => undefined
    start()
    const never = new Promise<Delivered>(resolve => (answer = resolve))
    answers = [never as unknown as Delivered]
    exit('p1')
    courier.run()
    while (sent.length === 0) await new Promise(resolve => setImmediate(resolve))
    expect(kept).to.deep.equal({ cursor: 0, sending: 1 })
    const left = structuredClone(kept)
    answer(TAKEN)
    await courier.idle()
    kept = left
    exit('p2')
    start()
    await cycle()
    expect(ids()).to.deep.equal([['p1'], ['p1'], ['p2']])
    expect(sent.map(({ mayRepeat }) => mayRepeat)).to.deep.equal([false, true, false])
    expect(sent[1]?.id).to.equal(sent[0]?.id)
  })

  it('repeats a message that may have arrived without what came after it', async () => {
    answers = [SILENT]
    start()
    exit('p1')
    await cycle()
    exit('p2')
    courier.wake(2)
    await cycle(1_000)
    expect(ids()).to.deep.equal([['p1'], ['p1'], ['p2']])
    expect(sent[1]).to.include({ mayRepeat: true, id: sent[0]!.id })
  })

  it('waits longer after each failure, says once that the channel is away, and that it is back', async () => {
    answers = [BUSY, BUSY, BUSY, BUSY, BUSY]
    start()
    exit('p1')
    for (const ms of [0, 1_000, 4_000, 16_000, 64_000]) await cycle(ms)
    expect(failures).to.deep.equal(['it answered 503; 1 wait at desk'])
    expect(courier.away?.why).to.equal('it answered 503')
    await cycle(255_999)
    expect(sent).to.have.length(5)
    await cycle(1)
    expect(failures.at(-1)).to.equal('back')
    expect(courier.counts).to.include({ delivered: 1, failed: 1 })
  })

  it('leaves out the earliest beyond its bound, and sends how many and what they brought', async () => {
    answers = [BUSY]
    start({ maxPending: 10 })
    exit('p0')
    await cycle()
    for (let count = 1; count <= 24; count++) exit(`p${count}`, -1.5)
    courier.wake(25)
    await cycle(1_000)
    expect(ids().at(-1)).to.have.length(10)
    expect(ids().at(-1)?.at(-1)).to.equal('p24')
    expect(sent.at(-1)?.leftOut).to.equal(
      'Left out 15 earlier messages (exits 15; exits together −26.00): watchkeeper journal has them',
    )
    expect(courier.counts.leftOut).to.equal(15)
  })

  it('sends what fits into one message, and the rest in the next ones', async () => {
    start({ longest: 65 })
    for (const id of ['p1', 'p2', 'p3']) exit(id)
    await cycle()
    expect(ids()).to.deep.equal([['p1', 'p2'], ['p3']])
  })

  it('makes a refused message smaller until it passes, and goes on behind it', async () => {
    answers = [refused(400), refused(400)]
    start()
    exit('odd')
    exit('p2')
    for (const ms of [0, 1_000, 4_000]) await cycle(ms)
    expect(ids()).to.deep.equal([['odd', 'p2'], ['odd'], ['odd'], ['p2']])
    expect(sent[2]?.items[0]?.title).to.equal('Read journal line 1: exit-filled odd')
    expect(failures).to.deep.equal([])
  })

  it('counts a channel as away that refuses every message, and keeps the message', async () => {
    answers = [refused(403)]
    start()
    exit('p1')
    await cycle()
    expect(failures).to.deep.equal(['it refuses messages (403); 1 wait at desk'])
    await cycle(1_000)
    expect(ids()).to.deep.equal([['p1'], ['p1']])
  })

  it('says how many lines the journal lost before they were read', async () => {
    for (let count = 0; count < 5; count++) add('position-added')
    exit('p1')
    lines = lines.slice(4)
    start()
    await cycle()
    expect(sent[0]?.leftOut).to.equal('4 journal lines were deleted unread')
  })

  it('keeps its place although no line is a message for it', async () => {
    for (let count = 0; count < 1_200; count++) add('position-added')
    start()
    await cycle()
    expect([sent.length, kept.cursor]).to.deep.equal([0, 1_200])
  })
})
