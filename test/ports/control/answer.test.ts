import { expect } from 'chai'
import { z } from 'zod'
import { positionView } from '../../../src/ports/control/positions.ts'
import { aView } from '../../support/fake-control.ts'

const wrong = (view: unknown): string | undefined =>
  positionView.safeParse(view).error?.issues[0]?.path.join('.')

describe('The schema of an answer', () => {
  it('names the field that an answer lacks or has wrong', () => {
    const { best: _best, ...without } = aView()
    expect(wrong(without)).to.equal('best')
    expect(wrong({ ...aView(), stop: '95' })).to.equal('stop')
  })

  it('takes an answer of a newer service: more fields, and words that it does not know', () => {
    const newer = { ...aView(), state: 'hedged', reason: 'margin-call', colour: 'red' }
    expect(wrong(newer)).to.equal(undefined)
  })

  it('can be written as a JSON schema, with units and known words', () => {
    const { properties = {} } = z.toJSONSchema(positionView, { io: 'input' })
    expect(properties['openedAt']).to.include({ type: 'number', description: 'Epoch ms.' })
    expect(properties['side']).to.deep.equal({ type: 'string', examples: ['long', 'short'] })
  })
})
