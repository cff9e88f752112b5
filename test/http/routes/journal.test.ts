import { expect } from 'chai'
import { serveHttp, type HttpServer } from '../../../src/http/server.ts'
import type { JournalLine } from '../../../src/ports/journal-lines.ts'
import { FakeControl } from '../../support/fake-control.ts'
import { ask } from '../../support/http.ts'

describe('GET /api/journal', () => {
  let control: FakeControl
  let server: HttpServer

  beforeEach(async () => {
    control = new FakeControl()
    server = await serveHttp({ control, host: '127.0.0.1', port: 0 })
  })

  afterEach(() => server.close())

  /** One page: the numbers of its lines, and the address of the page that follows. */
  const page = async (path: string): Promise<{ seqs: number[]; next: string | undefined }> => {
    const { headers, json } = await ask(server.port, path)
    const seqs = (json as unknown as JournalLine[]).map(({ seq }) => seq)
    return { seqs, next: /^<([^>]+)>; rel="(?:next|prev)"$/.exec(String(headers['link']))?.[1] }
  }

  /** The numbers of all pages from an address on. */
  const pages = async (from: string): Promise<number[][]> => {
    const found: number[][] = []
    for (let path: string | undefined = from; path !== undefined;) {
      const { seqs, next } = await page(path)
      found.push(seqs)
      path = next
    }
    return found
  }

  it('has a Link to the next page until the last one, and none behind it', async () => {
    control.happen(5)
    expect(await pages('/api/journal?limit=2')).to.deep.equal([[1, 2], [3, 4], [5]])
    expect(await pages('/api/journal?limit=5')).to.deep.equal([[1, 2, 3, 4, 5]])
    expect(await pages('/api/journal?after=5')).to.deep.equal([[]])
  })

  it('reads backwards with `last`, page before page', async () => {
    control.happen(5)
    expect(await pages('/api/journal?last=2')).to.deep.equal([[4, 5], [2, 3], [1]])
    const { headers } = await ask(server.port, '/api/journal?last=2')
    expect(headers['link']).to.equal('</api/journal?last=2&before=4>; rel="prev"')
  })

  it('gives lines of one kind alone, forwards and backwards, of one position where asked', async () => {
    for (let each = 0; each < 4; each++) {
      control.happen(300)
      control.note('exit-filled', { positionId: `p${each % 2}` })
    }
    expect(await pages('/api/journal?kind=exit-filled&limit=3')).to.deep.equal([
      [301, 602, 903],
      [1_204],
    ])
    expect(await pages('/api/journal?kind=exit-filled&last=3')).to.deep.equal([
      [602, 903, 1_204],
      [301],
    ])
    expect(await pages('/api/journal?kind=exit-filled&positionId=p1')).to.deep.equal([[602, 1_204]])
    expect(await pages('/api/journal?kind=exit-closed')).to.deep.equal([[]])
  })

  it('reads at most 20,000 lines for one answer, and says where to go on', async () => {
    control.note('exit-filled', {})
    control.happen(25_000)
    control.note('exit-filled', {})
    expect(await page('/api/journal?kind=exit-filled')).to.deep.equal({
      seqs: [1],
      next: '/api/journal?kind=exit-filled&after=20000',
    })
    expect(control.pagesRead).to.equal(40)
    expect(await pages('/api/journal?kind=exit-filled')).to.deep.equal([[1], [25_002]])
    expect(await pages('/api/journal?kind=exit-filled&last=9')).to.deep.equal([[25_002], [1]])
  })
})
