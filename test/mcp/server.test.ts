import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { Folder } from '../support/cli.ts'
import { closedPort } from '../support/closed-port.ts'
import { running } from '../support/compiled.ts'
import { until } from '../support/until.ts'

const TOKEN = 'a-token-of-an-agent'

const BTC = {
  id: 'btc-1',
  instrument: 'BTCUSD',
  side: 'long',
  quantity: 1,
  entryPrice: 92_400,
  rules: { stopLoss: { pct: 50 }, takeProfit: { pct: 60 } },
}

interface Reply {
  readonly id: unknown
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

/** The text of a tool's result, and whether it is a refusal. */
const said = ({ result }: Reply): [string, boolean] => [
  (result!['content'] as { text: string }[])[0]!.text,
  result!['isError'] === true,
]

describe('watchkeeper mcp', function () {
  this.timeout(60_000)

  let folder: Folder
  let service: RunningWatchkeeper
  let child: ChildProcessWithoutNullStreams
  let lines: AsyncIterator<string>
  let reader: Interface
  let next = 0

  async function start(args: readonly string[] = []): Promise<void> {
    child = spawn(process.execPath, [...running('src/cli/main.ts'), 'mcp', ...args], {
      env: {
        PATH: process.env['PATH'],
        WATCHKEEPER_URL: service.url,
        WATCHKEEPER_HTTP_TOKEN: TOKEN,
      },
    })
    reader = createInterface({ input: child.stdout })
    lines = reader[Symbol.asyncIterator]()
  }

  async function end(): Promise<number> {
    child.stdin.end()
    const [code] = (await once(child, 'close')) as [number]
    return code
  }

  const send = (text: string): void => void child.stdin.write(`${text}\n`)
  const reply = async (): Promise<Reply> => JSON.parse((await lines.next()).value) as Reply

  async function ask(method: string, params: object = {}): Promise<Reply> {
    send(JSON.stringify({ jsonrpc: '2.0', id: ++next, method, params }))
    const answer = await reply()
    expect(answer.id).to.equal(next)
    return answer
  }

  const call = (name: string, args: object = {}): Promise<Reply> =>
    ask('tools/call', { name, arguments: args })

  before(async () => {
    folder = new Folder()
    service = await startWatchkeeper({
      config: {
        dataFolder: join(folder.path, 'data'),
        http: {
          port: 0,
          agentExit: true,
          tokens: [{ name: 'bot', role: 'agent', tokenFile: folder.file('token', TOKEN) }],
        },
        feed: { kind: 'simulated', seed: 7 },
      },
      env: {},
    })
    await start()
  })
  after(async () => {
    child.kill('SIGKILL')
    await service.stop()
    folder.remove()
  })

  it('answers what is no message by the fault of JSON-RPC, and goes on', async () => {
    const wrong: [string, number][] = [
      ['{', -32_700],
      ['[]', -32_600],
      ['null', -32_600],
      ['{"id":1,"method":"ping"}', -32_600],
      ['{"jsonrpc":"2.0","id":1}', -32_600],
      ['{"jsonrpc":"2.0","id":null,"method":"ping"}', -32_600],
      ['{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32_602],
      ['{"jsonrpc":"2.0","id":1,"method":"resources/list"}', -32_601],
      ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}', -32_601],
      [`"${'x'.repeat(2 ** 20)}"`, -32_600],
    ]
    for (const [text, code] of wrong) {
      send(text)
      expect((await reply()).error!.code, text.slice(0, 60)).to.equal(code)
    }
    for (const text of ['', '{"jsonrpc":"2.0","method":"notifications/initialized"}']) send(text)
    send('{"jsonrpc":"2.0","id":9,"result":{}}')
    expect((await ask('ping')).result).to.deep.equal({})
  })

  it('agrees on the revision that is asked for, or its newest with a handshake', async () => {
    for (const [asked, agreed] of [
      ['2025-06-18', '2025-06-18'],
      ['2024-11-05', '2024-11-05'],
      ['2031-01-01', '2025-11-25'],
      [undefined, '2025-11-25'],
    ]) {
      const { result } = await ask('initialize', { protocolVersion: asked })
      expect(result!['protocolVersion']).to.equal(agreed)
    }
  })

  it('serves the stateless revision, and refuses one that it does not know by name', async () => {
    const of = (version: string): object => ({
      _meta: {
        'io.modelcontextprotocol/protocolVersion': version,
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    })
    const { result } = await ask('server/discover', of('2026-07-28'))
    expect(result!['resultType']).to.equal('complete')
    expect(result!['supportedVersions']).to.include.members(['2026-07-28', '2025-11-25'])
    const listed = await ask('tools/list', of('2026-07-28'))
    expect(listed.result).to.include({ resultType: 'complete', cacheScope: 'private' })
    const { error } = await ask('tools/list', of('1900-01-01'))
    expect(error!.code).to.equal(-32_022)
    expect(error!.data).to.deep.include({ requested: '1900-01-01' })
  })

  it('offers no tool that loosens, and exit only where it is allowed', async () => {
    const { result } = await ask('tools/list')
    const tools = result!['tools'] as { name: string; inputSchema: { type: string } }[]
    expect(tools.map(({ name }) => name)).to.deep.equal([
      'health',
      'positions',
      'why',
      'exits',
      'journal',
      'explain',
      'preview',
      'tighten',
      'protect',
    ])
    for (const { inputSchema } of tools) expect(inputSchema.type).to.equal('object')
    expect((await call('exit', { id: 'btc-1' })).error!.code).to.equal(-32_602)
  })

  it('guards, explains, and tightens; a request to loosen is refused and changes nothing', async () => {
    const added = await call('protect', BTC)
    expect(added.result!['structuredContent']).to.include({ id: 'btc-1', stop: 46_200 })
    const tighter = { id: 'btc-1', rules: { stopLoss: { pct: 40 } } }
    const preview = await call('preview', tighter)
    expect(preview.result!['structuredContent']).to.include({ stop: 55_440 })
    const done = await call('tighten', tighter)
    expect(done.result!['structuredContent']).to.include({ stop: 55_440 })
    expect(JSON.parse(said(done)[0])).to.include({ stop: 55_440 })

    // A level is crossed by a price alone.
    await until(async () => {
      const { result } = await call('positions', {})
      return !JSON.stringify(result).includes('"lastPrice":null')
    })
    const refused: [object, RegExp][] = [
      [
        { rules: { stopLoss: { pct: 45 } } },
        /^LOOSENS: .*\nAn agent can only tighten: nothing was/s,
      ],
      [{ rules: { stopLoss: { pct: 45 } }, force: true }, /^force: an agent can only tighten/],
      [{ rules: { stopLoss: null } }, /^rules: null would take a rule away, which loosens/],
      [{ rules: { stopLoss: { price: 92_399 } }, exitNow: true }, /^exitNow: an agent can only/],
      [{ rules: { stopLoss: { price: 1e9 } } }, /^EXITS_AT_ONCE: .*nothing was changed/s],
      [{ rules: 'default' }, /Nothing was changed/],
      [{ rules: { stopLos: { pct: 1 } } }, /^BAD_INPUT: /],
    ]
    for (const [args, text] of refused) {
      const [found, isError] = said(await call('tighten', { id: 'btc-1', ...args }))
      expect(found).to.match(text)
      expect(isError).to.equal(true)
    }
    const { result } = await call('why', { id: 'btc-1' })
    const { rules } = result!['structuredContent'] as { rules: { rule: string; level: number }[] }
    expect(rules.map(({ rule, level }) => [rule, level])).to.deep.equal([
      ['stopLoss', 55_440],
      ['takeProfit', 147_840],
    ])
    const journal = await call('journal', { positionId: 'btc-1', last: 1 })
    const [line] = (journal.result!['structuredContent'] as { lines: { by: string }[] }).lines
    expect(line!.by).to.equal('bot at 127.0.0.1')
  })

  it('shows health, positions, exits and what a code means', async () => {
    // Rules that were just tightened count from the next price on.
    const isGuarded = async (): Promise<boolean> => {
      const { positions } = (await call('health')).result!['structuredContent'] as {
        positions: { guarded: number }
      }
      return positions.guarded === 1
    }
    await until(isGuarded)
    const health = (await call('health')).result!['structuredContent']
    expect(health).to.have.nested.property('killSwitch.state', 'off')
    const positions = (await call('positions', { side: 'long' })).result!['structuredContent']
    expect(positions).to.have.property('total', 1)
    expect((await call('exits')).result!['structuredContent']).to.deep.include({ exits: [] })
    expect(said(await call('explain', { code: 'LOOSENS' }))[0]).to.include('"status":409')
    expect(said(await call('explain', { code: 'toString' }))[1]).to.equal(true)
    expect(said(await call('explain', { code: 'LOOSEN' }))[0]).to.equal(
      'BAD_INPUT: code: found "LOOSEN", expected the code of an error: did you mean LOOSENS?',
    )
    expect(said(await call('why', { id: 'other' }))[0]).to.match(/^POSITION_UNKNOWN: /)
  })

  it('exits where both sides allow it, and ends with its input', async () => {
    expect(await end()).to.equal(0)
    await start(['--allow-exit'])
    const { result } = await call('exit', { id: 'btc-1' })
    expect(result!['structuredContent']).to.include({ id: 'btc-1', reason: 'manual' })
    expect(await end()).to.equal(0)
  })

  it('reports a service that does not answer as a refusal', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`
    child = spawn(process.execPath, [...running('src/cli/main.ts'), 'mcp'], {
      env: { PATH: process.env['PATH'], WATCHKEEPER_URL: url },
    })
    lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const [text, isError] = said(await call('health'))
    expect([text.split(':')[0], isError]).to.deep.equal(['NO_SERVICE', true])
    expect(await end()).to.equal(0)
  })
})
