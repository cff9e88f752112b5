import { expect } from 'chai'
import { QuoteBatch } from '../../src/calls/quote-batch.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { NotSent } from '../../src/errors.ts'

const ids = (...names: string[]) => names.map(instrumentId)
const tickOf = (name: string) => ({ instrument: instrumentId(name), ts: 1, price: 9 })

describe('QuoteBatch', () => {
  let waiting: { readonly go: () => void; readonly drop: () => void }[]
  let asked: string[][]
  let batch: QuoteBatch

  beforeEach(() => {
    waiting = []
    asked = []
    batch = new QuoteBatch({
      submit: (_key, run) =>
        new Promise((resolve, reject) => {
          waiting.push({
            go: () => resolve(run(new AbortController().signal)),
            drop: () => reject(new NotSent('the breaker is open')),
          })
        }),
      ask: instruments => {
        asked.push([...instruments])
        return Promise.resolve(instruments.map(tickOf))
      },
    })
  })

  it('asks once for everything that waits together, each instrument once', async () => {
    const answers = [batch.quotes(ids('A', 'B')), batch.quotes(ids('B', 'C'))]
    expect(waiting).to.have.length(1)
    waiting[0]!.go()
    const [first, second] = await Promise.all(answers)
    expect(asked).to.deep.equal([['A', 'B', 'C']])
    expect(first!.map(({ instrument }) => instrument)).to.deep.equal(['A', 'B'])
    expect(second!.map(({ instrument }) => instrument)).to.deep.equal(['B', 'C'])
  })

  it('sends a query of its own where one was already sent, was dropped, or is full', async () => {
    const first = batch.quotes(ids('A'))
    waiting[0]!.go()
    const second = batch.quotes(ids('A'))
    waiting[1]!.drop()
    await first
    expect(await second.catch((error: NotSent) => error.code)).to.equal('NOT_SENT')
    const many = Array.from({ length: 49 }, (_, index) => `I${index}`)
    const rest = [batch.quotes(ids(...many)), batch.quotes(ids('X')), batch.quotes(ids('Y'))]
    expect(waiting).to.have.length(4)
    for (const { go } of waiting.slice(2)) go()
    await Promise.all(rest)
    expect(asked.map(({ length }) => length)).to.deep.equal([1, 50, 1])
  })
})
