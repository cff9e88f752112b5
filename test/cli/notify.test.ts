import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { Folder, watchkeeper, type Ran } from '../support/cli.ts'

describe('watchkeeper notify test', function () {
  this.timeout(60_000)
  let folder: Folder
  let server: Server
  let bodies: string[]

  beforeEach(async () => {
    folder = new Folder()
    bodies = []
    server = createServer((request, response) => {
      let text = ''
      request.on('data', chunk => (text += String(chunk)))
      request.on('end', () => {
        bodies.push(text)
        const isBot = request.url!.startsWith('/bot')
        // It shows its token in the answer, as a proxy in between could.
        const body = { ok: false, description: `chat not found at ${request.url}` }
        response.writeHead(isBot ? 400 : 200).end(isBot ? JSON.stringify(body) : 'ok')
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  })

  afterEach(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    folder.remove()
  })

  function test(...args: readonly string[]): Promise<Ran> {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const channels = [
      { kind: 'webhook', name: 'desk', url: `${url}/hook` },
      { kind: 'telegram', chatId: 7, url },
      { kind: 'slack', urlFile: 'none' },
    ]
    const file = folder.file('c.json', JSON.stringify({ notify: { channels } }))
    const env = { ...process.env, WATCHKEEPER_NOTIFY_CHANNELS_1_TOKEN: '1:the-token' }
    return watchkeeper(['notify', 'test', ...args, '--config', file], { env })
  }

  it('shows what each channel answers, no secret, and exits with 1 where one does not take it', async () => {
    const { code, stdout } = await test()
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).to.equal('desk: taken, 200 ok')
    expect(lines[1]).to.match(
      /^telegram: not taken, refused: 400 .*chat not found at \/bot\*\*\*\/send/,
    )
    expect(lines[2]).to.match(/^slack: not taken, the url file cannot be read \(ENOENT\)/)
    expect(stdout).to.not.include('the-token')
    expect(code).to.equal(1)
  })

  it('tests one channel by its name or kind, and exits with 0 where it takes the message', async () => {
    const { code, stdout } = await test('webhook', '--json')
    expect([code, JSON.parse(stdout)]).to.deep.equal([
      0,
      { channel: 'desk', taken: true, answer: '200 ok' },
    ])
    expect(bodies).to.have.length(1)
    expect(bodies[0]).to.include('Test of watchkeeper: this channel works')
  })

  it('refuses a name that no channel has', async () => {
    const { code, stderr } = await test('pager')
    expect(stderr).to.include('found no channel named pager, expected one of desk, telegram, slack')
    expect(code).to.equal(2)
  })
})
