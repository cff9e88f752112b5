import { expect } from 'chai'
import {
  hasFired,
  isLive,
  isOver,
  openOf,
  recoveredNet,
  type NetState,
} from '../../src/nets/record.ts'
import { aNetBook } from '../support/a-net-book.ts'

const { record } = aNetBook().rest()
const STATES: readonly NetState[] = [
  { kind: 'intending' },
  { kind: 'intended', notBefore: 0 },
  { kind: 'queued' },
  { kind: 'sending' },
  { kind: 'resting', since: 0 },
  { kind: 'unknown', since: 0 },
  { kind: 'over', by: 'filled', at: 0 },
]
const kindsWhere = (is: (state: NetState) => boolean): string[] =>
  STATES.filter(is).map(({ kind }) => kind)

describe('the record of a net', () => {
  it('may be executed from its sending to its end, and no earlier', () => {
    expect(kindsWhere(state => isLive({ ...record, state }))).to.deep.equal([
      'sending',
      'resting',
      'unknown',
    ])
    expect(kindsWhere(state => isOver({ ...record, state }))).to.deep.equal(['over'])
  })

  it('is of an unknown outcome in a new process, unless it was over', () => {
    const recovered = STATES.map(state => recoveredNet({ ...record, state }, 9).state.kind)
    expect(recovered.slice(0, -1)).to.deep.equal(STATES.slice(1).map(() => 'unknown'))
    expect(recovered.at(-1)).to.equal('over')
  })

  it('has fired with its first executed unit, and its other units are still open', () => {
    expect([hasFired(record), openOf(record)]).to.deep.equal([false, 4])
    const part = { ...record, executed: { quantity: 0.1, price: 1 } }
    expect([hasFired(part), openOf(part)]).to.deep.equal([true, 3.9])
  })
})
