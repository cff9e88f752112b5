import type { RequestListener } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { expect } from 'chai'
import { ServiceClient } from '../../src/client/service-client.ts'
import { WatchkeeperError } from '../../src/errors.ts'
import { killSwitchView } from '../../src/ports/control/kill-switch.ts'
import { positionPage } from '../../src/ports/control/positions.ts'
import { closedPort } from '../support/closed-port.ts'
import { always, OddServer } from '../support/odd-server.ts'

const SHORT = { timeoutMs: 50, silenceMs: 50 }

describe('ServiceClient', () => {
  let server: OddServer | undefined

  afterEach(() => server?.close())

  async function against(answer: RequestListener, limits: object = {}): Promise<ServiceClient> {
    server = new OddServer(answer)
    return new ServiceClient({ url: await server.open(), token: undefined, ...limits })
  }

  /** Code and text of the failure of an attempt. */
  async function failure(attempt: Promise<unknown>): Promise<string> {
    try {
      await attempt
      return 'nothing'
    } catch (error) {
      expect(error).to.be.instanceOf(WatchkeeperError)
      return `${(error as WatchkeeperError).code}: ${(error as Error).message}`
    }
  }

  const positions = (client: ServiceClient): Promise<unknown> =>
    client.get('/api/positions', positionPage)

  async function textsOf(client: ServiceClient): Promise<string[]> {
    const texts: string[] = []
    for await (const text of await client.stream('/api/events')) texts.push(text)
    return texts
  }

  it('reports that no service answers where no program listens', async () => {
    const client = new ServiceClient({
      url: `http://127.0.0.1:${await closedPort()}`,
      token: undefined,
    })
    expect(await failure(positions(client))).to.match(/^NO_SERVICE: .*ECONNREFUSED/)
  })

  it('refuses what is no URL of http, before a request', () => {
    for (const url of ['127.0.0.1:8080', 'localhost:8080', 'ftp://127.0.0.1', ''])
      expect(() => new ServiceClient({ url }), url).to.throw(
        `url: found ${JSON.stringify(url)}, expected a URL such as http://127.0.0.1:8080`,
      )
    expect(() => new ServiceClient({ url: 'http://me:pass@host' })).to.throw(
      'url: found one with @, ? or # (not shown), expected',
    )
  })

  it('does not accept other JSON as an answer', async () => {
    for (const page of [{}, [], null, 1, { status: 'UP' }, [{ id: 'a' }]]) {
      const client = await against(always(page))
      const said = [
        await failure(client.health()),
        await failure(client.get('/api/kill-switch', killSwitchView)),
        await failure(positions(client)),
      ]
      for (const text of said) expect(text, JSON.stringify(page)).to.match(/^NOT_WATCHKEEPER: /)
      server!.close()
    }
  })

  it('does not accept an error of another service as a refusal', async () => {
    for (const page of [null, {}, { code: 404 }]) {
      expect(await failure(positions(await against(always(page, 404))))).to.match(
        /^NOT_WATCHKEEPER: .*answers 404/,
      )
      server!.close()
    }
  })

  it('reports TOO_SLOW, not NOT_WATCHKEEPER, where the body stalls', async () => {
    const client = await against((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('[')
    }, SHORT)
    expect(await failure(positions(client))).to.match(/^TOO_SLOW: /)
  })

  it('reports TOO_SLOW where no byte arrives', async () => {
    expect(await failure(positions(await against(() => undefined, SHORT)))).to.match(/^TOO_SLOW: /)
  })

  it('reports NO_ANSWER where the connection breaks, before or within the body', async () => {
    const cut = await against((_request, response) => void response.destroy())
    expect(await failure(positions(cut))).to.match(/^NO_ANSWER: /)
    server!.close()
    const half = await against((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 })
      response.write('[', () => response.destroy())
    })
    expect(await failure(positions(half))).to.match(/^NO_ANSWER: /)
  })

  it('follows no redirect', async () => {
    const client = await against((_request, response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()
    })
    expect(await failure(positions(client))).to.match(/^NOT_WATCHKEEPER: .*answers 307/)
  })

  it('distinguishes a program that does not speak HTTP from a service', async () => {
    const other = createServer(socket => socket.end('220 ready\r\n')).listen(0, '127.0.0.1')
    await new Promise(resolve => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const client = new ServiceClient({ url: `http://127.0.0.1:${port}`, token: undefined })
    expect(await failure(positions(client))).to.match(/^NOT_WATCHKEEPER: .*no http/)
    other.close()
  })

  describe('on a stream', () => {
    const streaming =
      (...pieces: readonly string[]): RequestListener =>
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
        for (const piece of pieces) response.write(piece)
      }

    it('refuses what is no event stream', async () => {
      expect(await failure(textsOf(await against(always([]))))).to.match(/^NOT_WATCHKEEPER: /)
    })

    it('reports TOO_SLOW where the stream is silent for too long', async () => {
      const client = await against(streaming(': alive\n\n'), SHORT)
      expect(await failure(textsOf(client))).to.match(/^TOO_SLOW: /)
    })

    it('fails where a line does not end', async () => {
      const client = await against(streaming(`data: ${'x'.repeat(2 ** 20)}`))
      expect(await failure(textsOf(client))).to.match(/^NOT_WATCHKEEPER: .*does not end/)
    })

    it('yields each data line, however it is split, and ends with the stream', async () => {
      const client = await against((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('id: 1\nda')
        response.write('ta: one\n\n: alive\n\ndata: two\n')
        response.end('\n')
      })
      expect(await textsOf(client)).to.deep.equal(['one', 'two'])
    })
  })
})
