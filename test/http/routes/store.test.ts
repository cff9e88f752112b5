import { once } from 'node:events'
import { request } from 'node:http'
import { expect } from 'chai'
import { serveHttp } from '../../../src/http/server.ts'
import { FakeControl } from '../../support/fake-control.ts'
import { ask } from '../../support/http.ts'

describe('/api/store/backup', () => {
  it('makes one backup at a time', async () => {
    let end = (): void => undefined
    const ended = new Promise<void>(resolve => (end = resolve))
    class Slow extends FakeControl {
      override async *backup(): AsyncIterable<string> {
        yield 'begun\n'
        await ended
      }
    }
    const server = await serveHttp({ control: new Slow(), host: '127.0.0.1', port: 0 })
    try {
      const path = '/api/store/backup'
      const headers = { 'content-type': 'application/json' }
      const to = { host: '127.0.0.1', port: server.port, path, method: 'POST', headers }
      const first = request(to)
      const [answer] = (await once(first.end(), 'response')) as [NodeJS.ReadableStream]
      await once(answer, 'data')
      const second = await ask(server.port, path, { method: 'POST', body: {} })
      expect([second.status, second.json['code']]).to.deep.equal([409, 'BACKUP_RUNNING'])
      end()
      await once(answer.resume(), 'end')
      expect((await ask(server.port, path, { method: 'POST', body: {} })).status).to.equal(200)
    } finally {
      await server.close()
    }
  })
})
