import { expect } from 'chai'
import type { PositionInput, RulesFlags } from '../../src/client/requests.ts'
import { addBody, changeBody, previewBody } from '../../src/http/positions/bodies.ts'

/** Every field of a type, and no other: the compiler says so. */
const INPUT = {
  id: true,
  instrument: true,
  side: true,
  quantity: true,
  entryPrice: true,
  rules: true,
  openedAt: true,
  account: true,
  ticket: true,
  product: true,
  underlying: true,
  multiplier: true,
  priceSource: true,
  contract: true,
  exitNow: true,
  opensLater: true,
  reopen: true,
} as const satisfies Readonly<Record<keyof PositionInput, true>>

const FLAGS = { force: true, exitNow: true } as const satisfies Record<keyof RulesFlags, true>

const fieldsOf = ({ shape }: { readonly shape: object }): string[] => Object.keys(shape).sort()

describe('the requests of the client', () => {
  it('have every field that the service takes of a position, and no other', () => {
    expect(Object.keys(INPUT).sort()).to.deep.equal(fieldsOf(addBody))
  })

  it('have every flag of a change', () => {
    const facts = ['rules', 'quantity', 'entryPrice']
    expect([...facts, ...Object.keys(FLAGS)].sort()).to.deep.equal(fieldsOf(changeBody))
    expect(fieldsOf(previewBody)).to.deep.equal(['exitNow', 'rules'])
  })
})
