import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { EVENTS, LONGEST_TEXT, LONGEST_TITLE } from '../../../src/observability/notify/channel.ts'
import { compose, MESSAGE_KINDS } from '../../../src/observability/notify/compose.ts'
import { JOURNAL_KINDS } from '../../../src/ports/journal-kinds.ts'

const ALL = new Set(EVENTS)
const TICKS = { of: (name: string) => (name === 'ACME' ? 0.05 : undefined) }
const AT = 1_700_000_000_000

const TRADE = {
  instrument: 'ACME',
  side: 'long',
  entryPrice: 100,
  multiplier: 1,
  currency: 'USD',
  held: 10,
  exit: { decidedAt: AT - 312, reason: 'stop-loss', level: 95.0333333333 },
}

const textOf = (kind: string, detail: object = {}): string => {
  const item = compose({ seq: 7, at: AT, kind, ...detail }, ALL, TICKS)
  return item === undefined ? '' : [item.title, item.text].join('\n').trim()
}

describe('compose', () => {
  it('says of an exit what, why, level, fill, profit, and how long it took', () => {
    const detail = { positionId: 'p1', price: 94.9812345, quantity: 10, profit: -50.187655 }
    expect(textOf('exit-filled', { ...detail, trade: TRADE })).to.equal(
      'Exited p1 by stop-loss: −50.19 USD\nlong 10 ACME from 100\nlevel 95, filled 95, −5 %, 312 ms after the decision',
    )
  })

  it('says how many times its first risk an exit gained, where it had a first stop', () => {
    const detail = { positionId: 'p1', price: 112, quantity: 10, profit: 120 }
    const trade = { ...TRADE, best: 115, worst: 98, firstStop: 95 }
    expect(textOf('exit-filled', { ...detail, trade })).to.include(
      'filled 112, +12 %, +2.4 R, 312 ms',
    )
  })

  it('rounds the level of a short up to the tick at which it is reached', () => {
    const trade = { ...TRADE, side: 'short', exit: { ...TRADE.exit, level: 104.97000001 } }
    const text = textOf('exit-filled', { positionId: 'p1', price: 105, quantity: 10, trade })
    expect(text).to.include('level 105, filled 105')
  })

  it('names a line whose fields are missing, as one of another version has them', () => {
    expect(textOf('exit-filled', { positionId: 'p1', trade: {} })).to.equal('Exited p1 by an exit')
    expect(textOf('stops-near', { positions: [{ id: 'p1' }] })).to.equal(
      'Read journal line 7: stops-near',
    )
  })

  it('is one line of title and bounded, whatever a name holds', () => {
    const item = compose(
      { seq: 1, at: AT, kind: 'kill-switch', state: 'odd\nline'.repeat(99), by: 'x'.repeat(5_000) },
      ALL,
      TICKS,
    )
    expect(item?.title).to.not.include('\n')
    expect(item?.title.length).to.be.at.most(LONGEST_TITLE)
    expect(item?.text.length).to.be.at.most(LONGEST_TEXT)
  })

  it('gives a channel only the events that it is to get', () => {
    const line = { seq: 1, at: AT, kind: 'daily-loss', limit: 'day', loss: 90, maxLoss: 100 }
    expect(compose(line, new Set(['exits', 'health'] as const), TICKS)).to.equal(undefined)
    expect(compose(line, new Set(['limits'] as const), TICKS)?.event).to.equal('limits')
  })

  it('has a text for kinds that there are, in every event but health', () => {
    const unknown = [...MESSAGE_KINDS.keys()].filter(kind => !Object.hasOwn(JOURNAL_KINDS, kind))
    expect(unknown).to.deep.equal([])
    expect(new Set([...MESSAGE_KINDS.values(), 'health'])).to.deep.equal(ALL)
  })

  it('names the exits whose late fills took units of a position', () => {
    const takenBy = [{ positionId: 'p2', generation: 1, quantity: 4 }]
    expect(textOf('position-shrunk', { ...P1, lost: 4, left: 6, takenBy })).to.equal(
      'Reduced p1 by a late fill of the exit of p2: 6 left\n4 less; the rest stays guarded',
    )
    expect(textOf('position-gone', { ...P1, lost: 4, takenBy })).to.equal(
      'Lost p1: closed by a late fill of the exit of p2\ncompare with the account',
    )
  })

  it('says of a net whether an exit follows it, and of refusals the first one', () => {
    const executed = { quantity: 10, price: 93.5 }
    expect(textOf('net-filled', { ...P1, executed, quantity: 10 })).to.match(/that is its exit$/)
    expect(textOf('net-unproved', { ...P1, forMs: 1_000, isWaived: true })).to.match(/went on/)
    const line = { kind: 'net-rejected', seq: 1, at: 0, ...P1, code: 'refused', rejections: 2 }
    expect(compose(line, new Set(['exits']), TICKS)).to.equal(undefined)
  })

  it('writes what docs/notifications.md shows as an example of each kind', () => {
    const page = readFileSync(new URL('../../../docs/notifications.md', import.meta.url), 'utf8')
    const shown = new Map(
      [...page.matchAll(/^\| `([a-z-]+)` +\| `(\w+)` +\| (.+?) +\|$/gm)].map(
        ([, kind, event, text]) => [kind!, `${event}: ${text}`],
      ),
    )
    const written = new Map(
      Object.entries(EXAMPLES).map(([kind, detail]) => [
        kind,
        `${MESSAGE_KINDS.get(kind)}: ${textOf(kind, detail).replaceAll('\n', ' · ')}`,
      ]),
    )
    expect([...MESSAGE_KINDS.keys()].filter(kind => !written.has(kind))).to.deep.equal([])
    expect(Object.fromEntries(shown)).to.deep.equal(Object.fromEntries(written))
  })
})

const P1 = { positionId: 'p1' }
const BY = { by: 'telegram:42 at chat 42' }

const EXAMPLES: Readonly<Record<string, object>> = {
  'exit-filled': { ...P1, price: 94.98, quantity: 10, profit: -50.2, trade: TRADE },
  'exit-closed': { ...P1, by: 'gone', trade: TRADE },
  'position-gone': { ...P1, lost: 10, trade: TRADE },
  'position-shrunk': { ...P1, lost: 4, left: 6 },
  'exit-observed': { ...P1, reason: 'trailing-stop' },
  'exit-late-order': { ...P1, clientOrderId: 'wk1', isOver: false },
  'exit-late-fill': { ...P1, quantity: 2, price: 94.9, profit: -10.2 },
  'released-order-over': { ...P1, quantity: 3, price: 95, profit: -15 },
  'exit-stuck': P1,
  'exit-unproved': { ...P1, forMs: 45_000 },
  'net-filled': { ...P1, executed: { quantity: 4, price: 93.5 }, quantity: 10 },
  'net-rejected': { ...P1, code: 'refused', rejections: 1 },
  'net-unproved': { ...P1, forMs: 45_000, isWaived: false },
  'net-orphan': { clientOrderId: 'wkn1', instrument: 'ACME', remaining: -10 },
  'daily-loss-near': { limit: 'day', loss: 815.5, maxLoss: 1_000 },
  'daily-loss': { limit: 'day', loss: 1_004.1, maxLoss: 1_000 },
  'kill-switch': { state: 'halt', ...BY },
  'exit-asked': { ...P1, ...BY },
  'exit-discarded': { ...P1, ...BY },
  'position-released': { ...P1, ...BY },
  'rules-changed': {
    ...P1,
    ...BY,
    changes: [{ rule: 'stopLoss', change: 'changed', loosens: 'from 95 to 90' }],
  },
  'position-amended': {
    ...P1,
    ...BY,
    from: { quantity: 10, entryPrice: 100 },
    to: { quantity: 8, entryPrice: 99.5 },
  },
  'limit-reset': { limit: 'day', ...BY },
  'profit-reported': { amount: -120, ...BY },
  'holdings-confirmed': BY,
  'breaker-moved': { group: 'orders', act: 'reset', ...BY },
  'actor-restarted-by-hand': { actor: 'reconciler', ...BY },
  'stops-near': { positions: [{ id: 'p1', price: '95.45', stop: '95', pct: 0.471 }], more: 0 },
  'guard-lost': { why: '2: p1 (unpriced) for 12.0 s, p2 (monitor) for 3.1 s' },
  'guard-back': { forMs: 42_000 },
  'exitable-lost': { why: 'the breaker of orders is open' },
  'exitable-back': { forMs: 9_000 },
  'credentials-ending': {
    why: 'the credentials end at 2026-11-29T03:00:00.000Z, 42 positions',
  },
  'credentials-renewed': { forMs: 9_000 },
  'daily-summary': {
    day: '2026-11-27',
    exits: 12,
    won: 8,
    lost: 4,
    profits: { USD: 1_240.5 },
    limits: [{ name: 'day', loss: 310, maxLoss: 1_000, isTripped: false }],
    incidents: { 'monitor-gave-up': 1 },
    unguardedMs: 4_200,
    isPart: false,
  },
}
