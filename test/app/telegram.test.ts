import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Folder } from '../support/cli.ts'
import { FakeTelegram } from '../support/fake-telegram.ts'
import { RunningService } from '../support/kill.ts'
import { until } from '../support/until.ts'

const TOKEN = '1:fake-token-of-the-desk'

/** One folder; the tests follow one another. */
describe('commands over Telegram', function () {
  this.timeout(120_000)
  let folder: Folder
  let telegram: FakeTelegram
  let service: RunningService | undefined

  before(async () => {
    folder = new Folder()
    telegram = await FakeTelegram.start(TOKEN)
    writeFileSync(join(folder.path, 'token'), `${TOKEN}\n`, { mode: 0o600 })
  })

  beforeEach(() => void (telegram.calls.length = 0))

  after(async () => {
    await service?.end('SIGKILL')
    await telegram.close()
    folder.remove()
  })

  /** Starts the command and gives the address of its API. */
  async function start(about: readonly string[] = [], accounts: object = {}): Promise<string> {
    const channel = {
      kind: 'telegram',
      tokenFile: 'token',
      chatId: 42,
      url: telegram.url,
      users: [7],
      chats: [42],
      acts: 'all',
      events: ['exits', 'health', 'acts'],
      ...(about.length > 0 && { accounts: about }),
    }
    const config = folder.file(
      'config.json',
      JSON.stringify({ cycleMs: 50, accounts, notify: { settleMs: 60_000, channels: [channel] } }),
    )
    const data = join(folder.path, about.length > 0 ? 'accounts' : 'data')
    service = new RunningService(['--config', config, '--data', data, '--port', '0'])
    await service.printed(line => line.startsWith('watchkeeper guards'))
    return address()
  }

  const address = (): string => /http:\/\/\S+?(?=[\s/]|$)/.exec(service!.lines.join('\n'))![0]

  const said = (part: string): Promise<void> =>
    until(() => telegram.sent.some(text => text.includes(part)))

  const nonce = (): string => {
    const asked = telegram.sent.findLast(text => text.includes('/confirm'))
    return /\/confirm (\w+)/.exec(asked!)![1]!
  }

  async function add(api: string, id: string, but: object = {}): Promise<void> {
    const entry = { id, instrument: 'ACME', side: 'long', quantity: 10, entryPrice: 100 }
    const response = await fetch(`${api}/api/positions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...entry, ...but, rules: { stopLoss: { pct: 50 } } }),
    })
    expect(response.status).to.equal(201)
  }

  const person = { user: 7, chat: 42 }

  it('is done once by the next process where it was confirmed while this one was killed', async () => {
    const api = await start()
    await add(api, 'p1')
    telegram.write('/exit p1', person)
    await said('/confirm')
    const code = nonce()
    await service!.end('SIGKILL')
    telegram.write(`/confirm ${code}`, person)
    const next = await start()
    await said('Exited p1 by manual')
    const text = await (await fetch(`${next}/api/journal?limit=100`)).text()
    expect(text.match(/"kind":"exit-asked"/g)).to.have.length(1)
  })

  it('show and exit positions, and move the kill switch, as telegram:<id> in the journal', async () => {
    const api = address()
    await add(api, 'p2')
    await add(api, 'p3')
    const guarded = async (): Promise<unknown> => {
      const health = (await (await fetch(`${api}/health`)).json()) as {
        checks: Record<string, { observedValue: unknown }[]>
      }
      return health.checks['positions:guarded']?.[0]?.observedValue
    }
    await until(async () => (await guarded()) === 2)
    telegram.write('/status', person)
    await said('2 guarded, 0 exiting, 0 not guarded')
    telegram.write('/positions', person)
    await said('p3 long 10 ACME: ')
    telegram.write('/why p2', person)
    await said('• stopLoss at 50')
    telegram.write('/exit p2', person)
    await said('/confirm')
    telegram.write(`/confirm ${nonce()}`, person)
    await said('Exited p2 by manual')
    telegram.write('/flatten', person)
    await said('Flatten: exit every position (1 open)')
    telegram.press(`do:${nonce()}`, person)
    await said('Exited p3 by kill-switch')
    telegram.write('/exit p3', { user: 8, chat: 42 })
    const journal = async (): Promise<string> =>
      (await fetch(`${api}/api/journal?limit=100`)).text()
    await until(async () => (await journal()).includes('command-refused'))
    const text = await journal()
    expect(text).to.include('"kind":"exit-asked"').and.include('"by":"telegram:7 at chat 42"')
    expect(text).to.include('"state":"flatten","by":"telegram:7"')
    expect(text + service!.lines.join('\n')).to.not.include(TOKEN)
    // Two of this test, and the one before.
    const metrics = await (await fetch(`${api}/metrics`)).text()
    expect(metrics).to.include('watchkeeper_commands_total{channel="telegram",result="acted"} 3\n')
  })

  it('are named by health while another process reads them', async () => {
    const description = 'Conflict: terminated by other getUpdates request'
    telegram.fail('getUpdates', { status: 409, body: { ok: false, description } })
    // Ends the poll that waits.
    telegram.write('/status', person)
    const api = address()
    const health = async (): Promise<string> => (await fetch(`${api}/health?check=notify`)).text()
    await until(async () => (await health()).includes(`telegram: ${description}`))
    expect(await health()).to.include('notify:commands')
  })

  it('see and move the accounts that their channel is about, and no other', async () => {
    await service!.end('SIGTERM')
    const broker = { kind: 'paper' }
    const api = await start(['bolt'], { acme: { broker }, bolt: { broker } })
    await add(api, 'p1', { account: 'acme' })
    await add(api, 'p2', { account: 'bolt' })
    telegram.write('/positions', person)
    await said('bolt/p2 long 10 ACME: ')
    telegram.write('/flatten', person)
    await said('Flatten: exit every position (1 open)')
    telegram.press(`do:${nonce()}`, person)
    await said('bolt: Exited p2 by kill-switch')
    expect(telegram.sent.join('\n')).to.not.include('p1')
    const accounts = (await (await fetch(`${api}/api/accounts`)).json()) as { killSwitch: string }[]
    expect(accounts.map(({ killSwitch }) => killSwitch)).to.deep.equal(['off', 'flatten'])
  })
})
