import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { expect } from 'chai'
import { serveHttp, type HttpServer } from '../../../src/http/server.ts'
import type { ViewFrame, ViewPage, ViewReset } from '../../../src/ports/view.ts'
import { FakeControl } from '../../support/fake-control.ts'
import { ask } from '../../support/http.ts'
import { until } from '../../support/until.ts'

describe('The live view', () => {
  let control: FakeControl
  let server: HttpServer

  beforeEach(async () => {
    control = new FakeControl()
    server = await serveHttp({ control, host: '127.0.0.1', port: 0 })
  })

  afterEach(() => server.close())

  const page = async (): Promise<ViewPage> =>
    (await ask(server.port, '/api/view')).json as unknown as ViewPage

  const open = async (epoch: string, version: number): Promise<IncomingMessage> => {
    const url = `http://127.0.0.1:${server.port}/api/view/stream?epoch=${epoch}&version=${version}`
    const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage]
    response.on('error', () => undefined)
    return response.setEncoding('utf8')
  }

  /** The first line of a stream that satisfies the predicate. */
  const line = async (
    response: IncomingMessage,
    isWanted: (frame: ViewFrame & Partial<ViewReset>) => boolean = () => true,
  ): Promise<ViewFrame & Partial<ViewReset>> => {
    let text = ''
    for await (const chunk of response as AsyncIterable<string>) {
      text += chunk
      const lines = text.split('\n').slice(0, -1)
      const found = lines.map(each => JSON.parse(each) as ViewFrame).find(isWanted)
      if (found !== undefined) return found
    }
    throw new Error(`the stream ended: ${text}`)
  }

  it('sends all positions, and then the changes', async () => {
    const { epoch, version, rows } = await page()
    expect(rows.map(({ id, levels }) => [id, levels[1]])).to.deep.equal([['p1', 'guarded']])
    const stream = await open(epoch, version)
    expect(stream.headers['content-type']).to.equal('application/x-ndjson')
    await control.setKillSwitch({ state: 'block' }, { who: 'test', from: 'test' })
    const { status } = await line(stream, frame => frame.status !== undefined)
    expect(status?.killSwitch.state).to.equal('block')
  })

  it('resets a client of another epoch, or of a future version', async () => {
    const { epoch, version } = await page()
    expect(await line(await open('another', version))).to.deep.equal({ reset: true, epoch })
    expect(await line(await open(epoch, version + 1_000))).to.deep.equal({ reset: true, epoch })
  })

  it('refuses unknown parameters, and invalid values', async () => {
    for (const path of ['/api/view?x=1', '/api/view?limit=0', '/api/view?after=-1']) {
      expect((await ask(server.port, path)).status, path).to.equal(422)
    }
    for (const query of ['', '?epoch=a&epoch=b', '?epoch=a&version=x', '?epoch=a&y=1']) {
      expect((await ask(server.port, `/api/view/stream${query}`)).status, query).to.equal(422)
    }
  })

  it('serves at most 100 clients, and another once one has disconnected', async () => {
    const { epoch } = await page()
    const all = await Promise.all(Array.from({ length: 100 }, () => open(epoch, 0)))
    const path = `/api/view/stream?epoch=${epoch}&version=0`
    const refused = await ask(server.port, path)
    expect([refused.status, refused.json['code']]).to.deep.equal([503, 'TOO_MANY_STREAMS'])
    all[0]!.destroy()
    await until(async () => {
      const again = await open(epoch, 0)
      all.push(again)
      return again.statusCode === 200
    })
    for (const each of all) each.destroy()
  })

  it('reads nothing from the service once no client wants the view', async () => {
    await page()
    const before = control.pagesRead
    expect(before).to.be.at.least(1)
    const quiet = new FakeControl()
    const other = await serveHttp({ control: quiet, host: '127.0.0.1', port: 0 })
    await ask(other.port, '/health')
    expect(quiet.pagesRead).to.equal(0)
    await other.close()
  })
})
