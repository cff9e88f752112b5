import { execFile } from 'node:child_process'
import { cpSync, readdirSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startWatchkeeper } from '../../src/app/embed.ts'
import { addBody } from '../../src/http/positions/bodies.ts'
import { Folder } from '../support/cli.ts'
import { closedPort } from '../support/closed-port.ts'
import { ROOT } from '../support/docs/blocks.ts'
import { needing } from '../support/needing.ts'
import { always, OddServer } from '../support/odd-server.ts'

const PACKAGE = join(ROOT, 'clients/python')
const run = promisify(execFile)

/** Runs Python code with the client of this clone; gives what it prints, parsed line by line. */
async function python(code: string, env: NodeJS.ProcessEnv = {}): Promise<unknown[]> {
  const head = `import json, sys
sys.path.insert(0, ${JSON.stringify(PACKAGE)})
from watchkeeper import *
def say(value): print(json.dumps(value))
`
  const { stdout } = await run('python3', ['-I', '-B', '-c', head + code], {
    env: { PATH: process.env['PATH'], ...env },
    timeout: 30_000,
  })
  return stdout.trim() === ''
    ? []
    : stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
}

/** Prints the code of the error that an expression raises. */
const codeOf = (expression: string, options = ''): string => `
try:
    Client(${options}).${expression}
    say("nothing")
except WatchkeeperError as error:
    say([type(error).__name__, error.code])
`

needing('python3').describe('the Python client', function () {
  this.timeout(60_000)

  let server: OddServer | undefined
  afterEach(() => server?.close())

  async function against(
    answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  ): Promise<NodeJS.ProcessEnv> {
    server = new OddServer((request, response) => void answer(request, response))
    return { WATCHKEEPER_URL: await server.open() }
  }

  it('refuses a URL with a user or a query, and names neither', async () => {
    for (const url of ['http://a:secret@127.0.0.1', 'http://127.0.0.1?token=secret', 'ftp://a']) {
      const code = `
try:
    Client(${JSON.stringify(url)})
except ValueError as error:
    say("secret" in str(error))`
      expect(await python(code), url).to.deep.equal([false])
    }
  })

  it('has every field that the service takes of a position', async () => {
    const [fields] = await python('say(sorted(Position.__annotations__))')
    expect(fields).to.deep.equal(Object.keys(addBody.shape).sort())
  })

  it('reports a closed port as NoService, and sends nothing twice', async () => {
    const env = { WATCHKEEPER_URL: `http://127.0.0.1:${await closedPort()}` }
    expect(await python(codeOf('exit("a")'), env)).to.deep.equal([['NoService', 'NO_SERVICE']])
  })

  it('repeats a POST without an answer under its key, and a read never', async () => {
    const keys: unknown[] = []
    const env = await against((request, response) => {
      keys.push(request.headers['idempotency-key'])
      response.destroy()
    })
    expect(await python(codeOf('exit("a")', 'repeats=1'), env)).to.deep.equal([
      ['NoAnswer', 'NO_ANSWER'],
    ])
    expect([keys.length, new Set(keys).size]).to.deep.equal([2, 1])
    expect(await python(codeOf('positions()'), env)).to.deep.equal([['NoAnswer', 'NO_ANSWER']])
    expect(keys).to.have.length(3)
  })

  it('gives up where an answer does not come, stalls within its body, or drips', async () => {
    const answers = [
      () => undefined,
      (_request: IncomingMessage, response: ServerResponse) =>
        response.writeHead(200, { 'content-type': 'application/json' }).write('['),
      (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const timer = setInterval(() => response.write(' '), 20)
        response.once('close', () => clearInterval(timer))
      },
    ]
    for (const answer of answers) {
      const env = await against(answer)
      expect(await python(codeOf('positions()', 'timeout=0.2'), env)).to.deep.equal([
        ['NoAnswer', 'TOO_SLOW'],
      ])
      server!.close()
    }
  })

  it('reports an answer that is cut off, and one of another program', async () => {
    const cut = await against((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 })
      response.write('[', () => response.destroy())
    })
    expect(await python(codeOf('journal()'), cut)).to.deep.equal([['NoAnswer', 'NO_ANSWER']])
    server!.close()
    const other = await against(always({ status: 'DOWN' }, 404))
    expect(await python(codeOf('journal()'), other)).to.deep.equal([
      ['WatchkeeperError', 'NOT_WATCHKEEPER'],
    ])
    server!.close()
    const moved = await against((_request, response) =>
      response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end('{}'),
    )
    expect(await python(codeOf('journal()'), moved)).to.deep.equal([
      ['WatchkeeperError', 'NOT_WATCHKEEPER'],
    ])
  })

  it('refuses to send a number that JSON does not have', async () => {
    const code = `
try:
    Client().guard({"id": "a", "instrument": "A", "side": "long", "quantity": float("nan"), "entryPrice": 1})
except ValueError:
    say("refused")`
    expect(await python(code)).to.deep.equal(['refused'])
  })

  it('ends a stream where the token is revoked', async () => {
    const env = await against((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end('event: end\ndata: {"kind":"end","why":"BAD_TOKEN"}\n\n')
    })
    const code = `
try:
    next(Client().follow())
except Refused as error:
    say(error.code)`
    expect(await python(code, env)).to.deep.equal(['BAD_TOKEN'])
  })

  it('guards with a token of an agent, is refused by faults, and follows over a lost connection', async () => {
    const folder = new Folder()
    const token = 'a token of an agent'
    const service = await startWatchkeeper({
      config: {
        dataFolder: join(folder.path, 'data'),
        http: {
          port: 0,
          tokens: [{ name: 'bot', role: 'agent', tokenFile: folder.file('token', `${token}\n`) }],
        },
        feed: { kind: 'simulated', seed: 7 },
      },
      env: {},
    })
    const env = { WATCHKEEPER_URL: service.url, WATCHKEEPER_HTTP_TOKEN: token }
    try {
      const said = await python(
        `
client = Client()
position = {"id": "ä/1", "instrument": "BTCUSD", "side": "long", "quantity": 1, "entryPrice": 92400,
            "rules": {"stopLoss": {"pct": 50}}}
say(client.health()["status"] != "fail")
say(client.guard(position)["stop"])
say([each["id"] for each in client.positions(side="long")])
say(client.position("ä/1")["stop"])
say(client.preview("ä/1", {"stopLoss": {"pct": 40}})["stop"])
for attempt in (lambda: client.guard({**position, "quantity": -1}), lambda: client.exit("ä/1"),
                lambda: client.change_rules("ä/1", {"stopLoss": {"pct": 60}}, force=True),
                lambda: client.amend("ä/1", quantity=2, entry_price=92000),
                lambda: client.release("ä/1"), lambda: client.set_kill_switch("halt")):
    try:
        attempt()
    except Refused as error:
        say([error.code, [fault["path"] for fault in error.faults]])
say(next(client.follow(position_id="ä/1"))["kind"])
say(client.exits()["exits"])
`,
        env,
      )
      expect(said).to.deep.equal([
        true,
        46_200,
        ['ä/1'],
        46_200,
        55_440,
        ['BAD_INPUT', ['quantity']],
        ['ROLE_TOO_LOW', []],
        ['ROLE_TOO_LOW', []],
        ['ROLE_TOO_LOW', []],
        ['ROLE_TOO_LOW', []],
        ['ROLE_TOO_LOW', []],
        'position-added',
        [],
      ])
    } finally {
      await service.stop()
      folder.remove()
    }
  })

  needing('python3 that builds packages').it(
    'is a package that pip installs, with its types',
    async () => {
      const folder = new Folder()
      try {
        // The build writes into the folder of the sources.
        const source = join(folder.path, 'source')
        cpSync(PACKAGE, source, { recursive: true })
        const target = join(folder.path, 'installed')
        const args = ['install', '--quiet', '--no-deps', '--no-build-isolation', '--no-index']
        await run('python3', ['-m', 'pip', ...args, '--target', target, source], {
          timeout: 50_000,
        })
        expect(readdirSync(join(target, 'watchkeeper'))).to.include.members([
          '__init__.py',
          'py.typed',
        ])
      } finally {
        folder.remove()
      }
    },
  )
})
