import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { Folder } from '../support/cli.ts'
import { RunningService } from '../support/kill.ts'
import { until } from '../support/until.ts'

interface PagerEvent {
  readonly event_action: string
  readonly payload: { readonly custom_details: { readonly reasons: string } }
}

/** One folder; the tests follow one another. */
describe('health notices across restarts', function () {
  this.timeout(120_000)
  let folder: Folder
  let pager: Server
  let events: PagerEvent[]
  let status: number
  let service: RunningService | undefined

  before(async () => {
    folder = new Folder()
    events = []
    status = 202
    pager = createServer((request, response) => {
      let text = ''
      request.on('data', chunk => (text += String(chunk)))
      request.on('end', () => {
        if (status < 300) events.push(JSON.parse(text) as PagerEvent)
        response.writeHead(status).end()
      })
    })
    await new Promise<void>(resolve => pager.listen(0, '127.0.0.1', resolve))
  })

  after(async () => {
    await service?.end('SIGKILL')
    pager.closeAllConnections()
    await new Promise(resolve => pager.close(resolve))
    folder.remove()
  })

  /** Starts the command and returns the address of its API. */
  async function start(notify: object, name = 'data'): Promise<string> {
    const url = `http://127.0.0.1:${(pager.address() as AddressInfo).port}/enqueue`
    const config = folder.file(
      'config.json',
      JSON.stringify({
        cycleMs: 50,
        notify: { ...notify, channels: [{ kind: 'pagerduty', url }] },
      }),
    )
    const data = join(folder.path, name)
    const env = { WATCHKEEPER_NOTIFY_CHANNELS_0_ROUTING__KEY: 'the-key' }
    service = new RunningService(['--config', config, '--data', data, '--port', '0'], { env })
    await service.printed(line => line.startsWith('watchkeeper guards'))
    return address()
  }

  const address = (): string => /http:\/\/\S+?(?=[\s/]|$)/.exec(service!.lines.join('\n'))![0]

  const killSwitch = (api: string, state: string): Promise<Response> =>
    fetch(`${api}/api/kill-switch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ state }),
    })

  const actions = (): string[] => events.map(each => each.event_action)

  it('are an incident that the next process resolves, and that it does not open again', async () => {
    const notify = { settleMs: 100, maxSettleMs: 400 }
    const first = await start(notify)
    await killSwitch(first, 'halt')
    await until(() => actions().includes('trigger'))
    const delivered = `watchkeeper_notifications_total{result="delivered"} ${events.length}\n`
    await until(async () => (await (await fetch(`${first}/metrics`)).text()).includes(delivered))
    // Writes are durable in their order: what was sent is known to the next process.
    await killSwitch(first, 'halt')
    await service!.end('SIGKILL')
    events = []
    // The switch outlives the process: health is still `fail`.
    const second = await start(notify)
    await killSwitch(second, 'off')
    await until(() => events.length > 0)
    expect(actions()).to.deep.equal(['resolve'])
  })

  it('report in the journal, in health and in the metrics that a channel refuses them', async () => {
    status = 403
    events = []
    const api = address()
    await killSwitch(api, 'halt')
    await service!.printed(line => line.includes('notify-failed'))
    const health = async (): Promise<string> => (await fetch(`${api}/health?check=notify`)).text()
    await until(async () => (await health()).includes('pagerduty: it refuses messages (403)'))
    const metrics = await (await fetch(`${api}/metrics`)).text()
    expect(metrics).to.match(/^watchkeeper_notifications_waiting 1$/m)
    expect(metrics).to.match(/^watchkeeper_notifications_total\{result="failed"\} [1-9]/m)
    status = 202
    await service!.printed(line => line.includes('notify-recovered'))
    expect(actions()).to.deep.equal(['trigger'])
  })

  it('are one incident for a crash loop, although each process was healthy', async () => {
    await service!.end('SIGTERM')
    events = []
    for (let crash = 0; crash < 3; crash++) {
      await start({ settleMs: 60_000 }, 'looping')
      await service!.end('SIGKILL')
    }
    expect(actions()).to.not.include('trigger')
    await start({ settleMs: 60_000 }, 'looping')
    await until(() => actions().includes('trigger'))
    expect(events.at(-1)!.payload.custom_details.reasons).to.include(
      'service:crash-loop: 3 starts in 15 minutes followed an end without order',
    )
    events = []
    await service!.end('SIGTERM')
    // It has ended in order; the crash loop lasts until a process has run for long enough.
    const api = await start({ settleMs: 0 }, 'looping')
    expect((await fetch(`${api}/health`)).status).to.equal(503)
    expect(actions()).to.deep.equal([])
  })
})
