import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { ExitEvent } from '../../src/exits/events.ts'
import type { ExitState } from '../../src/exits/exit-state.ts'
import { ExitCase, settingsOf } from '../support/exits.ts'

type State = ExitState['kind']

/** One event of each kind, and of each answer where the answers differ. A new kind does not compile. */
const HAPPENINGS = {
  recorded: at => ({ kind: 'recorded', at }),
  planned: at => ({ kind: 'planned', plan: { quantity: 5, heldBefore: 5 }, at }),
  'below-minimum': at => ({ kind: 'below-minimum', below: { value: 2, minimum: 5 }, at }),
  priceless: at => ({ kind: 'priceless', at }),
  queued: at => ({ kind: 'queued', at }),
  sent: at => ({ kind: 'sent', at }),
  'answered acknowledged': (at, id) => ({
    kind: 'answered',
    id,
    answer: { kind: 'acknowledged' },
    at,
  }),
  'answered duplicate': (at, id) => ({ kind: 'answered', id, answer: { kind: 'duplicate' }, at }),
  'answered rejected': (at, id) => ({
    kind: 'answered',
    id,
    answer: { kind: 'rejected', code: 'refused' },
    at,
  }),
  'not-sent': (at, id) => ({ kind: 'not-sent', id, code: 'NOT_SENT', at }),
  'outcome-unknown': (at, id) => ({ kind: 'outcome-unknown', id, at }),
  'seen working': (at, id) => seen(at, id, { kind: 'working', executed: NOTHING }),
  'seen part': (at, id) => seen(at, id, { kind: 'working', executed: { quantity: 2, price: 9 } }),
  'seen filled': (at, id) => seen(at, id, { kind: 'filled', executed: { quantity: 5, price: 9 } }),
  'seen ended': (at, id) => seen(at, id, { kind: 'ended', executed: NOTHING }),
  'seen rejected': (at, id) => seen(at, id, { kind: 'rejected', code: 'refused' }),
  'seen absent': (at, id) => seen(at, id, { kind: 'absent' }),
  'seen unknown': (at, id) => seen(at, id, { kind: 'unknown' }),
  'not-listed': (at, id) => ({ kind: 'not-listed', id, askedAt: at, at }),
  untouched: at => ({ kind: 'untouched', isProof: true, at }),
  ended: at => ({ kind: 'ended', quantity: 5, at }),
  retry: at => ({ kind: 'retry', at }),
  shrunk: at => ({ kind: 'shrunk', by: 5, at }),
  drifted: at => ({ kind: 'drifted', by: { kind: 'released', quantity: 1 }, at }),
  contradicted: at => ({ kind: 'contradicted', at }),
  'net-waived': (at, id) => ({ kind: 'net-waived', id, at }),
  flat: at => ({ kind: 'flat', by: 'gone', at }),
} as const satisfies Record<Happening, (at: number, id: Id) => ExitEvent>

const NOTHING = { quantity: 0, price: null }

type Id = ExitCase['id']
type Order = Extract<ExitEvent, { kind: 'seen' }>['order']
type Answer = Extract<ExitEvent, { kind: 'answered' }>['answer']['kind']
type Seen = Order['kind'] | 'part'
type Happening =
  | Exclude<ExitEvent['kind'], 'answered' | 'seen'>
  | `answered ${Answer}`
  | `seen ${Seen}`

const seen = (at: number, id: Id, order: Order): ExitEvent => ({
  kind: 'seen',
  id,
  order,
  by: 'look-up',
  askedAt: at,
  at,
})

/** An exit of five units in each state, at a venue that finds every order. */
const CASES: Record<State, () => ExitCase> = {
  intending: () => anExit(),
  intended: () => anExit().happen({ kind: 'recorded', at: 0 }),
  queued: () => anExit().happen({ kind: 'recorded', at: 0 }, { kind: 'queued', at: 0 }),
  sending: () => anExit().sent(),
  acknowledged: () => sent('answered acknowledged'),
  'partly-filled': () => sent('answered acknowledged', 'seen part'),
  unknown: () => sent('outcome-unknown'),
  rejected: () => sent('answered rejected'),
  foreign: () => sent('answered duplicate'),
  filled: () => sent('answered acknowledged', 'seen filled'),
  flat: () => anExit().happen({ kind: 'flat', by: 'gone', at: 0 }),
}

const anExit = (): ExitCase => new ExitCase(settingsOf({ lookup: 'complete' }))

function sent(...happenings: Happening[]): ExitCase {
  const exit = anExit().sent()
  for (const each of happenings) exit.happen(HAPPENINGS[each](1, exit.id))
  return exit
}

/** Long after: every wait of the venue and of ours is over. */
const LATER = 100_000

describe('the transitions of an exit', () => {
  it('begin where each case says', () => {
    for (const [state, make] of Object.entries(CASES)) expect(make().kind).to.equal(state)
  })

  it('are those of docs/exits.md, every state and every event', () => {
    const states = Object.keys(CASES) as State[]
    const rows = Object.entries(HAPPENINGS).map(([name, event]) => [
      name,
      ...states.map(state => {
        const exit = CASES[state]()
        exit.happen(event(LATER, exit.id))
        return exit.kind === state ? '' : exit.kind
      }),
    ])
    expect(documented()).to.deep.equal([['event', ...states], ...rows])
  })
})

/** The rows of the table of transitions in the docs, without the line below its head. */
function documented(): string[][] {
  const text = readFileSync(new URL('../../docs/exits.md', import.meta.url), 'utf8')
  const table = text.split('## Transitions')[1]!.split('\n## ')[0]!
  const rows = table.split('\n').filter(line => line.startsWith('|'))
  const cells = rows.map(row =>
    row
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
  return cells.filter(([first]) => !/^-+$/.test(first!))
}
