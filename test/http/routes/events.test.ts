import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { expect } from 'chai'
import { serveHttp, type HttpServer } from '../../../src/http/server.ts'
import { FakeControl } from '../../support/fake-control.ts'
import { collectGarbage } from '../../support/garbage.ts'
import { ask } from '../../support/http.ts'
import { until } from '../../support/until.ts'

describe('the stream of events', () => {
  let control: FakeControl
  let server: HttpServer

  beforeEach(async () => {
    control = new FakeControl()
    const events = { clients: 20, drainMs: 1_500 }
    server = await serveHttp({ control, host: '127.0.0.1', port: 0, events })
  })

  afterEach(() => server.close())

  const open = async (query = '', headers = {}): Promise<IncomingMessage> => {
    const url = `http://127.0.0.1:${server.port}/api/events${query}`
    const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [
      IncomingMessage,
    ]
    response.on('error', () => undefined)
    return response.setEncoding('utf8')
  }

  /** The ids of the next events, that many. */
  const ids = async (response: IncomingMessage, count: number): Promise<number[]> => {
    let text = ''
    for (;;) {
      const found = [...text.matchAll(/^id: (\d+)\ndata: .+\n\n/gm)].map(([, id]) => Number(id))
      if (found.length >= count) return found
      const [chunk] = (await once(response, 'data')) as [string]
      text += chunk
    }
  }

  it('sends past lines, then new ones', async () => {
    control.happen(2)
    const response = await open()
    expect(response.headers['content-type']).to.equal('text/event-stream')
    expect(await ids(response, 2)).to.deep.equal([1, 2])
    control.happen(1)
    expect(await ids(response, 1)).to.deep.equal([3])
  })

  it('continues where a client was', async () => {
    control.happen(5)
    expect(await ids(await open('?after=3'), 2)).to.deep.equal([4, 5])
    expect(await ids(await open('?after=1', { 'last-event-id': '4' }), 1)).to.deep.equal([5])
    const wrong = await ask(server.port, '/api/events', { headers: { 'last-event-id': 'x' } })
    expect(wrong.status).to.equal(422)
  })

  it('serves 20 of 300 clients, refuses the others at once, and stays able to answer', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 300 }, () => open()))
    const answers = asked.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    const statuses = answers.map(({ statusCode }) => statusCode)
    expect(statuses.filter(status => status === 200)).to.have.length(20)
    // A connection beyond the bound of the server (200) is closed without an answer; all others are refused.
    expect(statuses.filter(status => status !== 200 && status !== 503)).to.deep.equal([])
    expect((await ask(server.port, '/livez')).status).to.equal(200)
    for (const response of answers) response.destroy()
    await until(async () => {
      const again = await open()
      again.destroy()
      return again.statusCode === 200
    })
  })

  it('refuses an unknown parameter', async () => {
    const { status, json } = await ask(server.port, '/api/events?afer=3')
    expect([status, json['code']]).to.deep.equal([422, 'BAD_INPUT'])
  })

  it('sends a reset to a client that has seen more lines than there are, and starts anew', async () => {
    control.happen(2)
    const response = await open('?after=9')
    const [chunk] = (await once(response, 'data')) as [string]
    expect(chunk).to.match(/^event: reset\nid: 0\ndata: {"kind":"reset","seen":9,"last":2}\n\n/)
    const rest = chunk.includes('id: 2\n') ? [1, 2] : await ids(response, 2)
    expect(rest).to.deep.equal([1, 2])
  })

  it('sends no reset to a client that has seen every line', async () => {
    control.happen(2)
    const response = await open('?after=2')
    control.happen(1)
    const [chunk] = (await once(response, 'data')) as [string]
    expect(chunk).to.match(/^id: 3\n/)
  })

  it('begins with what comes, where it is asked for that', async () => {
    control.happen(3)
    const response = await open('?after=now')
    control.happen(1)
    expect(await ids(response, 1)).to.deep.equal([4])
  })

  it('gives the lines of one position, of one kind, or of both alone', async () => {
    const line = (kind: 'exit-filled' | 'rules-changed', positionId: string) =>
      control.record(kind, { positionId })
    await line('exit-filled', 'p1')
    await line('exit-filled', 'p2')
    await line('rules-changed', 'p1')
    expect(await ids(await open('?positionId=p1'), 2)).to.deep.equal([1, 3])
    expect(await ids(await open('?kind=exit-filled'), 2)).to.deep.equal([1, 2])
    expect(await ids(await open('?kind=exit-filled&positionId=p2'), 1)).to.deep.equal([2])
  })

  for (const [query, guess] of [
    ['kind=rules-chnged', 'did you mean rules-changed?'],
    ['after=then', 'a number of a journal line, or now'],
  ] as const) {
    it(`refuses ${query}`, async () => {
      const { status, text } = await ask(server.port, `/api/events?${query}`)
      expect(status).to.equal(422)
      expect(text).to.include(guess)
    })
  }

  it('serves at most 20 clients, and another once one has gone', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => open()))
    const { status, json } = await ask(server.port, '/api/events')
    expect([status, json['code']]).to.deep.equal([503, 'TOO_MANY_STREAMS'])
    all[0]!.destroy()
    await new Promise(resolve => setTimeout(resolve, 100))
    expect((await open()).statusCode).to.equal(200)
  })

  it('reads no further for a client that reads nothing, and disconnects it', async () => {
    control.happen(20_000, { text: 'x'.repeat(5_000) })
    const socket = connect(server.port, '127.0.0.1').pause()
    socket.on('error', () => undefined)
    // The reset may come before the socket reads again.
    const closed = once(socket, 'close')
    socket.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
    let pagesRead: number
    do {
      ;({ pagesRead } = control)
      await new Promise(resolve => setTimeout(resolve, 500))
    } while (pagesRead === 0 || pagesRead < control.pagesRead)
    expect(pagesRead).to.be.below(100)
    // A signal that only weak references keep would be collected, and the wait for the client never end.
    collectGarbage()
    await new Promise(resolve => setTimeout(resolve, 2_000))
    expect(control.pagesRead).to.equal(pagesRead)
    socket.resume()
    await closed
    expect(control.pagesRead).to.equal(pagesRead)
  })

  it('ends with the server', async () => {
    const response = await open()
    const ended = new Promise(resolve => response.on('close', resolve)).then(() => true)
    await server.close()
    expect(await ended).to.equal(true)
  })
})
