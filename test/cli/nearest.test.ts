import { expect } from 'chai'
import { nearest } from '../../src/cli/nearest.ts'
import { aView } from '../support/fake-control.ts'

describe('nearest', () => {
  it('gives positions without a guard first, then by the distance to a level, those without one last', () => {
    const views = [
      { ...aView('no price'), lastPrice: null },
      { ...aView('far'), lastPrice: 105, stop: 95 },
      { ...aView('near its target'), lastPrice: 105, stop: 95, target: 106 },
      { ...aView('no level'), stop: null, target: null },
      { ...aView('without a guard'), state: 'unguarded' as const },
    ]
    expect(nearest(views).map(({ id }) => String(id))).to.deep.equal([
      'without a guard',
      'near its target',
      'far',
      'no price',
      'no level',
    ])
  })
})
