import { expect } from 'chai'
import type { ApiResult } from '../../src/freqtrade/api.ts'
import { FreqtradeLink, type KeptLink } from '../../src/freqtrade/link.ts'
import { KeptRow } from '../../src/observability/notify/kept-row.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'

const OK = { kind: 'ok', value: undefined } as const
const AWAY = { kind: 'away', why: 'it could not be reached' } as const
const REFUSED = { kind: 'refused', why: 'it answered 502' } as const

describe('the link to a freqtrade bot', () => {
  let now: number
  let lines: JournalLine[]
  let reloaded: string[]
  let notes: string[]
  let kept: KeptLink
  let reload: (trade: string) => ApiResult<undefined>
  let stops: ApiResult<boolean>
  let link: FreqtradeLink

  /** A link as a process opens it, with what an earlier one has kept. */
  const open = (account?: string): FreqtradeLink =>
    new FreqtradeLink({
      hook: 'bot',
      account,
      api: {
        reload: async trade => {
          reloaded.push(trade)
          return reload(trade)
        },
        keepsStops: async () => stops,
      },
      kept: new KeptRow<KeptLink>(
        {
          write: async ({ rows = [] }) => {
            kept = rows[0]!.value as KeptLink
            return []
          },
        },
        'freqtrade bot',
        kept,
      ),
      journal: async ({ after }) => lines.filter(({ seq }) => seq > after),
      note: (kind, { trade, why }) => notes.push([kind, trade, why].join(' ').trim()),
      monotonic: () => now,
    })

  beforeEach(() => {
    ;[now, lines, reloaded, notes] = [0, [], [], []]
    kept = { cursor: 0, trades: [] }
    reload = () => OK
    stops = { kind: 'ok', value: false }
    link = open()
  })
  afterEach(() => link.stop())

  /** Cycles, each as long after the one before. */
  async function cycles(count: number, eachMs = 1_000): Promise<void> {
    for (let done = 0; done < count; done++) {
      now += eachMs
      link.cycle()
      for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate)
    }
  }
  const exited = (positionId: string, kind = 'exit-filled', but: object = {}): void => {
    lines.push({ seq: lines.length + 1, at: 0, kind, positionId, ...but })
  }

  it('asks again and again for what an API that is away has not taken, more and more seldom', async () => {
    stops = AWAY
    exited('bot-7')
    await cycles(200)
    expect(reloaded).to.deep.equal([])
    expect(link.ownStops).to.equal('unknown')
    expect(link.troubles()[0]!.what).to.equal(
      'bot: the API of freqtrade: it could not be reached, 1 trades wait to be reloaded',
    )
    stops = { kind: 'ok', value: false }
    await cycles(62)
    expect([reloaded, kept.trades, link.troubles()]).to.deep.equal([['7'], [], []])
  })

  it('gives a trade up that freqtrade refuses ten times, and lets the others go first', async () => {
    reload = trade => (trade === '7' ? REFUSED : OK)
    exited('bot-7')
    exited('bot-8')
    await cycles(900)
    expect(reloaded.slice(0, 2)).to.deep.equal(['7', '8'])
    expect(reloaded.filter(each => each === '7')).to.have.length(10)
    expect(notes).to.deep.equal([
      'freqtrade-reloaded 8',
      'freqtrade-reload-failed 7 it answered 502',
    ])
    expect(kept.trades).to.deep.equal([])
  })

  it('goes on where a process ended before it had reloaded', async () => {
    stops = AWAY
    exited('bot-7')
    await cycles(3)
    await link.stop()
    stops = { kind: 'ok', value: false }
    link = open()
    await cycles(3)
    expect(reloaded).to.deep.equal(['7'])
    await cycles(3)
    expect(reloaded).to.deep.equal(['7'])
  })

  it('reloads the trades of its own positions alone, after orders of ours alone', async () => {
    exited('bot-7', 'position-gone')
    exited('bots-8')
    exited('other')
    exited('bot-9', 'net-filled')
    exited('bot-10')
    exited('bot-10', 'exit-late-fill')
    await cycles(6)
    expect(reloaded).to.deep.equal(['9', '10'])
  })

  it('reloads no trade of another account', async () => {
    link = open('acme')
    exited('bot-7', 'exit-filled', { account: 'bolt' })
    exited('bot-8', 'exit-filled', { account: 'acme/A1' })
    await cycles(4)
    expect(reloaded).to.deep.equal(['8'])
  })

  it('asks once a minute whether freqtrade keeps stops on the exchange', async () => {
    expect(link.ownStops).to.equal('unknown')
    await cycles(1)
    expect(link.ownStops).to.equal('no')
    stops = { kind: 'ok', value: true }
    await cycles(58)
    expect(link.ownStops).to.equal('no')
    await cycles(3)
    expect(link.ownStops).to.equal('yes')
    expect(link.troubles()[0]!.what).to.include('keeps stops on the exchange')
  })
})
