import { expect } from 'chai'
import { MissingPrices } from '../../src/account/missing-prices.ts'
import type { ActorRegistry } from '../../src/actors/actor-registry.ts'
import { instrumentId, type InstrumentId } from '../../src/domain/ids.ts'

const COUNT = 200
const instruments = Array.from({ length: COUNT }, (_, index) => instrumentId(`AB/${1_000 + index}`))

describe('MissingPrices', () => {
  let priced: Set<InstrumentId>
  let otherNames: Set<string>
  let asked: number
  let missing: MissingPrices

  beforeEach(() => {
    priced = new Set()
    otherNames = new Set()
    asked = 0
    const all = () => instruments.map(instrument => ({ watched: { position: { instrument } } }))
    missing = new MissingPrices({
      registry: { all, size: COUNT } as unknown as ActorRegistry,
      prices: {
        otherNames,
        board: {
          priced: () => {
            asked++
            return priced
          },
        },
      },
      note: () => undefined,
    })
  })

  it('reads the names that have a price once, however many instruments have none', () => {
    missing.textsOf(instruments)
    expect(asked).to.equal(1)
  })

  it('reads nothing where no instrument is without a price', () => {
    expect(missing.textsOf([])).to.deep.equal([])
    expect(asked).to.equal(0)
  })

  it('suggests again when another instrument has a price', () => {
    const [first, second] = instruments
    expect(missing.textsOf([first!])).to.deep.equal([first])
    missing.list('ab1000')
    expect(missing.textsOf([first!])).to.deep.equal([`${first} (did you mean ab1000?)`])
    priced.add(second!)
    expect(missing.textsOf([instruments[11]!])).to.deep.equal([
      `${instruments[11]} (did you mean ${second}?)`,
    ])
  })

  it('does not suggest the name of the instrument itself', () => {
    priced.add(instruments[0]!)
    expect(missing.textsOf([instruments[0]!])).to.deep.equal([instruments[0]])
    // Its name is one of the venue, and so is a similar one.
    missing.list(instruments[1]!)
    missing.list('AB/1002')
    expect(missing.textsOf([instruments[1]!])).to.deep.equal([instruments[1]])
  })
})
