import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { RunningService } from '../../support/kill.ts'
import { until } from '../../support/until.ts'

const TOKEN = 'a-token-of-24-characters'

describe('/api/debug/heap', () => {
  let folder: string
  let service: RunningService

  // In a process of its own: the heap of a process that runs tests is too large for a snapshot.
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-heap-'))
    service = new RunningService(['--data', join(folder, 'data'), '--port', '0'], {
      // On a busy machine a snapshot blocks the service for longer than its watchdog allows.
      env: {
        WATCHKEEPER_HTTP_TOKEN: TOKEN,
        WATCHKEEPER_SUPERVISION_EXIT__ON__BLOCKED__MS: '100000',
      },
    })
    await service.printed(line => line.startsWith('positions  http'))
  })

  after(async () => {
    await service.end('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  it('returns a snapshot only to holders of the token, one at a time', async () => {
    const api = service.lines.join('\n').match(/^positions {2}(http:\S+)\/api\/positions$/m)![1]!
    const ask = (authorization = {}): Promise<Response> =>
      fetch(`${api}/api/debug/heap`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...authorization },
        body: '{}',
      })
    const withoutToken = await ask()
    expect(withoutToken.status, 'without a token').to.be.oneOf([401, 403])
    await withoutToken.text()
    const right = { authorization: `Bearer ${TOKEN}` }
    // The service is blocked until the first bytes: a request meanwhile could time out.
    const given = await ask(right)
    const refused = await ask(right)
    expect([given.status, refused.status]).to.deep.equal([200, 409])
    expect(((await refused.json()) as { code: string }).code).to.equal('SNAPSHOT_RUNNING')
    expect(await given.text()).to.match(/^\{"snapshot":/)
    await until(async () => {
      const path = `${api}/api/journal?kind=heap-snapshot-begun`
      const lines = (await (await fetch(path, { headers: right })).json()) as { by: string }[]
      return lines.length === 1 && lines[0]!.by.includes(' at 127.0.0.1')
    })
  }).timeout(120_000)
})
