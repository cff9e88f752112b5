import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { Folder } from '../support/cli.ts'
import { RunningService } from '../support/kill.ts'
import { until } from '../support/until.ts'

interface Received {
  readonly id: string
  readonly mayRepeat: boolean
  readonly leftOut: string | null
  readonly items: readonly {
    readonly event: string
    readonly title: string
    readonly line: { readonly kind: string; readonly positionId?: string }
  }[]
}

/** One service that is killed and started again; the tests follow one another. */
describe('messages over the end of processes', function () {
  this.timeout(120_000)
  let folder: Folder
  let server: Server
  let received: Received[]
  /** What becomes of the next requests: a status, or no answer at all. */
  let answer: number | 'none'
  let service: RunningService | undefined

  before(async () => {
    folder = new Folder()
    received = []
    server = createServer(take)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  })

  after(async () => {
    await service?.end('SIGKILL')
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    folder.remove()
  })

  function take(request: IncomingMessage, response: ServerResponse): void {
    let text = ''
    request.on('data', chunk => (text += String(chunk)))
    request.on('end', () => {
      const body = JSON.parse(text) as Partial<Received>
      if (body.items !== undefined) received.push(body as Received)
      if (answer !== 'none') response.writeHead(answer).end()
    })
  }

  /** Starts the command and gives the address of its API. */
  async function start(but: object = {}, notify: object = {}): Promise<string> {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    const channels = [{ kind: 'webhook', name: 'desk', url, ...but }]
    const config = folder.file(
      'config.json',
      JSON.stringify({ cycleMs: 50, notify: { settleMs: 60_000, channels, ...notify } }),
    )
    const data = join(folder.path, 'data')
    service = new RunningService(['--config', config, '--data', data, '--port', '0'])
    await service.printed(line => line.startsWith('watchkeeper guards'))
    return address()
  }

  const address = (): string => /http:\/\/\S+?(?=[\s/]|$)/.exec(service!.lines.join('\n'))![0]

  /** Resolves when the present process knows that so many messages were delivered by it. */
  const delivered = async (api: string, count: number): Promise<void> => {
    const line = `watchkeeper_messages_total{channel="desk",result="delivered"} ${count}\n`
    await until(async () => (await (await fetch(`${api}/metrics`)).text()).includes(line))
  }

  const post = (url: string, body: object): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  /** Guards a position, and exits it. */
  async function exit(api: string, id: string): Promise<void> {
    const entry = { id, instrument: 'ACME', side: 'long', quantity: 1, entryPrice: 100 }
    const rules = { stopLoss: { pct: 50 } }
    expect((await post(`${api}/api/positions`, { ...entry, rules })).status).to.equal(201)
    expect((await post(`${api}/api/positions/${id}/exit`, {})).ok).to.equal(true)
  }

  const filled = async (id: string): Promise<void> =>
    service!.printed(line => line.includes(id) && line.includes('exit-filled'))

  const exits = (): (string | undefined)[] =>
    received.flatMap(({ items }) => items.map(({ line }) => line.positionId))

  it('sends an exit that was filled before a kill and not delivered, in order and once', async () => {
    answer = 503
    const api = await start()
    await exit(api, 'p1')
    await filled('p1')
    await exit(api, 'p2')
    await filled('p2')
    await service!.end('SIGKILL')
    received = []
    answer = 204
    const next = await start()
    await until(() => exits().length >= 2)
    expect(exits()).to.deep.equal(['p1', 'p2'])
    await delivered(next, 2)
  })

  it('repeats what was under way at a kill under the same id, and says that it may be a repeat', async () => {
    answer = 'none'
    received = []
    await exit(address(), 'p3')
    await until(() => received.length > 0)
    await service!.end('SIGKILL')
    answer = 204
    const next = await start()
    await until(() => received.length > 1)
    const [first, second] = received
    expect([first!.mayRepeat, second!.mayRepeat]).to.deep.equal([false, true])
    expect(second!.id).to.equal(first!.id)
    expect(second!.items[0]?.title).to.match(/^Exited p3 by manual: [+−]\d/)
    await delivered(next, 1)
  })

  it('sends nothing again after a process that was stopped', async () => {
    received = []
    await service!.end('SIGTERM')
    await exit(await start(), 'p4')
    await until(() => exits().length > 0)
    expect(exits()).to.deep.equal(['p4'])
  })

  it('names in health which channel takes nothing, since when, and what waits', async () => {
    answer = 403
    await exit(address(), 'p5')
    await service!.printed(line => line.includes('notify-failed'))
    const health = await (await fetch(`${address()}/health?check=notify`)).text()
    expect(health).to.match(/1: desk: it refuses messages \(403\), 1 wait for \d/)
    answer = 204
    await service!.printed(line => line.includes('notify-recovered'))
  })

  it('reports the acts of persons, and approaches, to a channel that is to get them', async () => {
    await service!.end('SIGTERM')
    received = []
    const api = await start({ events: ['acts', 'approach'] }, { approachPct: 49.9 })
    const entry = { instrument: 'ACME', side: 'long', quantity: 1, entryPrice: 100 }
    const add = async (id: string, rules: object): Promise<void> => {
      const body = { ...entry, id, rules, exitNow: true }
      expect((await post(`${api}/api/positions`, body)).status).to.equal(201)
    }
    await add('a1', { stopLoss: { pct: 50 } })
    const price = async (): Promise<number | null> => {
      const response = await fetch(`${api}/api/positions/a1`)
      return ((await response.json()) as { lastPrice: number | null }).lastPrice
    }
    await until(async () => (await price()) !== null)
    // Some 20 % below the price of now.
    await add('a2', { stopLoss: { price: Math.round((await price())! * 0.8) } })
    await post(`${api}/api/kill-switch`, { state: 'block' })
    const kinds = (): string[] =>
      received.flatMap(({ items }) => items.map(({ line }) => line.kind))
    await until(() => kinds().includes('kill-switch') && kinds().includes('stops-near'))
    expect(kinds()).to.not.include('exit-filled')
  })
})
