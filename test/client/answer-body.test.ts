import { expect } from 'chai'
import { jsonOf } from '../../src/client/answer-body.ts'
import { codeOf } from '../support/code-of.ts'

describe('the body of an answer', () => {
  it('is refused as ANSWER_TOO_LONG before it fills the memory', async () => {
    const page = Buffer.alloc(2 ** 20, ' ')
    let sent = 0
    let isCancelled = false
    // It never ends by itself.
    const body = new ReadableStream<Uint8Array>({
      pull: to => {
        sent++
        to.enqueue(page)
      },
      cancel: () => void (isCancelled = true),
    })
    const response = new Response(body, { headers: { 'content-type': 'application/json' } })
    const asked = { url: 'http://127.0.0.1:9', waitMs: 1_000 }
    expect(await codeOf(jsonOf(response, asked))).to.equal('ANSWER_TOO_LONG')
    expect(isCancelled).to.equal(true)
    expect(sent).to.be.below(70)
  })
})
