import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import { FakeControl } from '../support/fake-control.ts'
import { until } from '../support/until.ts'

describe('connections to the API', () => {
  let server: HttpServer
  let sockets: Socket[]

  beforeEach(() => (sockets = []))

  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    await server.close()
  })

  const start = async (
    but: { maxConnections?: number; requestMs?: number } = {},
  ): Promise<void> => {
    const control = new FakeControl()
    server = await serveHttp({ control, host: '127.0.0.1', port: 0, ...but })
  }

  async function open(text = ''): Promise<Socket> {
    const socket = connect(server.port, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => undefined).resume()
    await once(socket, 'connect')
    if (text !== '') socket.write(text)
    return socket
  }

  const probe = async (path: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${server.port}${path}`)).status

  for (const [what, text] of [
    ['idle', ''],
    ['slow with their heads', 'GET /health HT'],
    ['slow with their bodies', POST('{')],
  ] as const) {
    it(`do not block a probe while 1,000 of them are ${what}`, async function () {
      this.timeout(180_000)
      await start()
      for (let count = 0; count < 1_000; count++) await open(text)
      for (const path of ['/livez', '/health', '/readyz']) {
        expect([path, await probe(path)]).to.deep.equal([path, 200])
      }
      await until(() => sockets.filter(({ closed }) => !closed).length <= 200)
    })
  }

  it('stay open within the bound', async () => {
    await start({ maxConnections: 10 })
    for (let count = 0; count < 9; count++) await open()
    expect(await probe('/livez')).to.equal(200)
    expect(sockets.some(({ closed }) => closed)).to.equal(false)
  })

  it('make room in the order in which they became idle, and never with a request in progress', async () => {
    await start({ maxConnections: 10 })
    const stream = await open('GET /api/events HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await once(stream, 'data')
    for (let count = 0; count < 9; count++) await open()
    await open()
    await until(() => sockets[1]!.closed)
    expect(sockets.map(({ closed }) => closed).filter(Boolean)).to.have.length(1)
    expect(stream.closed).to.equal(false)
  })

  it('end when a request does not arrive in time', async () => {
    await start({ requestMs: 300 })
    const head = await open('GET /health HT')
    const body = await open(POST('{'))
    await until(() => head.closed && body.closed)
  })
})

/** A request whose body is longer than what is sent of it. */
function POST(body: string): string {
  return `POST /api/positions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n${body}`
}
