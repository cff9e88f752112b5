import { once } from 'node:events'
import {
  createServer,
  get,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { Response } from 'express'
import { httpSchema } from '../../../src/config/http-schema.ts'
import { Broadcast } from '../../../src/http/view/broadcast.ts'
import { aView, FakeControl } from '../../support/fake-control.ts'
import { until } from '../../support/until.ts'

const BOUNDS = { ...httpSchema.parse(undefined).view, frameMs: 5 }
const BY = { who: 'test', from: 'test' }

/** Positions with ids so long that one frame is larger than what a socket holds. */
async function crowded(count: number): Promise<FakeControl> {
  const control = new FakeControl()
  for (let each = 0; each < count; each++) {
    const id = `${'x'.repeat(500)}${each}` as ReturnType<typeof aView>['id']
    const position = { ...aView(), id }
    await control.add({ position, rules: {}, exitNow: false, opensLater: false, reopen: false }, BY)
  }
  return control
}

describe('The stream to many clients', () => {
  let server: Server
  let broadcast: Broadcast
  const responses: ServerResponse[] = []

  const serve = async (made: Broadcast): Promise<void> => {
    broadcast = made
    server = createServer((request, response) => {
      responses.push(response)
      response.flushHeaders()
      void broadcast.add(response as Response, request.headers['epoch'] as string, 0)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
  }

  const open = async (epoch: string): Promise<IncomingMessage> => {
    const { port } = server.address() as AddressInfo
    const options = { host: '127.0.0.1', port, headers: { epoch }, agent: false }
    const [response] = (await once(get(options), 'response')) as [IncomingMessage]
    response.on('error', () => undefined)
    return response
  }

  afterEach(() => {
    server.closeAllConnections()
    server.close()
    responses.length = 0
  })

  it('disconnects a client that reads nothing, and continues with the others', async () => {
    const control = await crowded(2_000)
    await serve(new Broadcast(control, { ...BOUNDS, skippedFrames: 3 }))
    const { epoch } = await broadcast.current()
    const dead = await open(epoch)
    dead.pause()
    const good = await open(epoch)
    let received = 0
    good.on('data', (chunk: Buffer) => (received += chunk.length))
    let turn = 0
    await until(() => {
      turn++
      for (const id of control.openIds())
        control.change(id, { reason: `${'y'.repeat(500)}${turn}` as never })
      return responses[0]!.destroyed
    })
    expect(responses[1]!.destroyed).to.equal(false)
    const before = received
    await until(() => {
      control.change('p1', { stop: ++turn })
      return received > before
    })
    dead.destroy()
  })

  it('sends the same frame to all clients with the same version', async () => {
    const control = new FakeControl()
    await serve(new Broadcast(control, BOUNDS))
    const { epoch } = await broadcast.current()
    const clients = await Promise.all([open(epoch), open(epoch), open(epoch)])
    const texts = clients.map(() => '')
    clients.forEach((client, index) =>
      client.setEncoding('utf8').on('data', (text: string) => (texts[index] += text)),
    )
    await until(() => texts.every(text => text !== ''))
    await control.setKillSwitch({ state: 'block' }, BY)
    await until(() => texts.every(text => text.includes('"block"')))
    const frames = texts.map(text => text.split('\n').find(line => line.includes('"block"')))
    expect(new Set(frames)).to.have.length(1)
  })

  it('forgets the view once the last client has disconnected', async () => {
    const control = new FakeControl()
    await serve(new Broadcast(control, { ...BOUNDS, lingerMs: 20 }))
    const { epoch } = await broadcast.current()
    const client = await open(epoch)
    client.destroy()
    await until(() => !broadcast.isKept)
    expect((await broadcast.current()).epoch).to.not.equal(epoch)
  })
})
