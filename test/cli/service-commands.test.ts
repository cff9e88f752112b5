import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { cliHere } from '../support/cli-here.ts'
import { Folder, type Ran } from '../support/cli.ts'
import { closedPort } from '../support/closed-port.ts'
import { RunningService } from '../support/kill.ts'
import { until } from '../support/until.ts'

const POSITIONS = `
rules: { default: { stopLoss: { pct: 50 } } }
positions:
  - { id: btc-1, instrument: BTCUSD, side: long, quantity: 1, entryPrice: 92400 }
  - { id: gold-1, instrument: GOLD, side: short, quantity: 2, entryPrice: 2632 }
`

describe('The commands for a running service', () => {
  let folder: Folder
  let service: RunningService
  let url: string
  let data: string

  before(async () => {
    folder = new Folder()
    data = join(folder.path, 'data')
    const positions = folder.file('positions.yaml', POSITIONS)
    const config = folder.file('service.yaml', 'instruments: { GOLD: { tickSize: 0.25 } }\n')
    const args = ['--config', config, '--positions', positions, '--data', data, '--port', '0']
    const env = { WATCHKEEPER_DISPLAY_TIMEZONE: 'Asia/Kolkata' }
    service = new RunningService(args, { env })
    await service.printed(line => line.startsWith('health'))
    url = /http:\S+(?=\/health)/.exec(service.lines.find(line => line.startsWith('health'))!)![0]
  })

  after(async () => {
    await service.end('SIGTERM')
    folder.remove()
  })

  const run = (...args: string[]): Promise<Ran> => cliHere(args, { env: { WATCHKEEPER_URL: url } })

  it('show its state', async () => {
    // On a busy machine a start is late by more than a warning allows.
    await until(async () => (await run('status')).stdout.startsWith('pass'))
    const { code, stdout } = await run('status')
    expect(code).to.equal(0)
    expect(stdout).to.match(/^pass {2}watchkeeper \d/)
    expect(stdout).to.match(/^positions {4}\d+ guarded, 0 being exited, 0 not guarded$/m)
    const json = JSON.parse((await run('status', '--format', 'json')).stdout) as object
    expect(json).to.include({ status: 'pass' })
  })

  it('list guarded positions, and explain each rule', async () => {
    const lines = (await run('positions')).stdout.split('\n')
    expect(lines[0]).to.match(/^position +state +instrument/)
    expect(lines.find(line => line.startsWith('gold-1'))).to.match(/guarded +GOLD +short/)
    const why = await run('why', 'gold-1')
    expect(why.stdout).to.match(/^gold-1 {2}short 2 GOLD at 2632, guarded; /)
    expect(why.stdout).to.match(/^stopLoss +yes +3948 /m)
  })

  it('compare the holdings of the venue with the positions', async () => {
    const { code, stdout } = await run('holdings')
    expect(code).to.equal(0)
    expect(stdout).to.match(/^BTCUSD long +1 +1 +0 +\d+ s +btc-1$/m)
    expect(stdout).to.match(/^GOLD short +-2 +-2 +0 +\d+ s +gold-1$/m)
    expect(stdout).to.match(/^the holdings need no confirmation; no exit waits to be sent$/m)
  })

  it('add a position, change its rules, exit it, and show all of it in the journal', async () => {
    const position = ['--instrument', 'BTCUSD', '--side', 'long', '--quantity', '1']
    const rules = (pct: number): string => JSON.stringify({ stopLoss: { pct } })
    const more = ['--entry-price', '92400', '--rules', rules(40)]
    const added = await run('positions', 'add', '--id', 'mine/1', ...position, ...more)
    expect([added.code, added.stdout]).to.deep.equal([0, 'mine/1 is guarded: stop 55440\n'])
    const loose = await run('positions', 'rules', 'mine/1', '--rules', rules(45))
    expect([loose.code, loose.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 1 && text.startsWith('error: LOOSENS: '),
    )
    const exited = await run('positions', 'exit', 'mine/1', '--yes')
    expect(exited.stdout).to.match(/^mine\/1 is exiting \(manual\)/)
    await service.printed(line => line.includes('exit-filled'))
    const { stdout } = await run('journal', '--position', 'mine/1', '--format', 'json')
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { kind: string })
    expect(lines[1]).to.include({ kind: 'exit-asked', by: 'loopback at 127.0.0.1' })
    expect(lines.map(({ kind }) => kind)).to.deep.equal([
      'position-added',
      'exit-asked',
      'exit-intended',
      'exit-filled',
    ])
  })

  it('show exits with price, reason and profit, and a day of a zone', async () => {
    const { stdout } = await run('exits', '--zone', 'Asia/Kolkata')
    const [head, row, total] = stdout.split('\n')
    expect(head).to.match(
      /^closed \(Asia\/Kolkata\) +position +instrument +side +quantity +entry +exit/,
    )
    expect(row).to.match(/^\d{4}-\S+\+05:30 +mine\/1 +BTCUSD +long +1 +92400 +\d.* % .* +manual$/)
    expect(total).to.match(/^1 exit, profit -?[\d,.]+$/)
    const csv = (await run('exits', '--format', 'csv', '--position', 'mine/1')).stdout.split('\n')
    expect(csv[0]).to.match(/^seq,closedAt,openedAt,positionId,/)
    expect(csv[1]).to.match(/^\d+,\d{4}-\d\d-\d\dT[\d:.]+Z,/)
    const offline = await cliHere(['exits', '--data', data, '--format', 'json'])
    expect(JSON.parse(offline.stdout)).to.include({ positionId: 'mine/1', reason: 'manual' })
    expect((await run('exits', '--day', '2020-01-01')).stdout).to.equal('no exit is known\n')
    const bad = await run('exits', '--zone', 'EST')
    expect([bad.code, bad.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 2 && text.includes('Area/City'),
    )
  })

  it('print JSON with --json, also where they change something', async () => {
    const position = ['--instrument', 'BTCUSD', '--side', 'long', '--quantity', '1']
    const more = ['--entry-price', '92400', '--rules', '{"stopLoss":{"pct":40}}']
    for (const [expected, ...args] of [
      ['now', 'clock'],
      ['pending', 'clock', 'accept'],
      ['state', 'kill-switch'],
      ['breakers', 'gateway'],
      ['limits', 'gateway', 'breaker', 'orders', 'reset'],
      ['warnings', 'positions', 'add', '--id', 'json-1', ...position, ...more],
      ['changes', 'positions', 'rules', 'json-1', '--rules', '{"stopLoss":{"pct":30}}'],
      ['epoch', 'supervision', 'restart', 'monitor-json-1'],
      ['released', 'positions', 'release', 'json-1', '--yes'],
      ['rows', 'store', 'backup', join(folder.path, 'a.backup')],
    ] as const) {
      const { code, stdout, stderr } = await run(...args, '--json')
      expect([code, stderr], args.join(' ')).to.deep.equal([0, ''])
      expect(JSON.parse(stdout), args.join(' ')).to.have.property(expected)
    }
  })

  it('show levels as the tick at which they are reached', async () => {
    const rules = JSON.stringify({ stopLoss: { pct: 3.33 } })
    const { stdout } = await run('positions', 'rules', 'gold-1', '--rules', rules)
    expect(stdout).to.match(/^gold-1 is guarded: stop 2719\.75\b/)
    expect((await run('why', 'gold-1')).stdout).to.match(/^stopLoss +yes +2719\.75 /m)
    const [raw] = (await run('positions', '--format', 'json')).stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { id: string; stop: number })
      .filter(({ id }) => id === 'gold-1')
    expect(raw!.stop).to.equal(2719.6456)
  })

  it('show the log of the service in display.timezone of its configuration', () => {
    const added = service.lines.find(line => line.includes('position-added'))
    expect(added).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+\+05:30 position-added/)
  })

  it('report everything that is wrong with a position at once', async () => {
    const { code, stderr } = await run('positions', 'add', '--id', 'x', '--side', 'buy')
    expect(code).to.equal(2)
    // The service has a rule set named default.
    for (const field of ['instrument', 'side', 'quantity', 'entryPrice']) {
      expect(stderr).to.match(new RegExp(`^ {2}${field}: found `, 'm'))
    }
  })

  it('do nothing irreversible where there is no terminal to ask', async () => {
    for (const args of [
      ['positions', 'exit', 'btc-1'],
      ['positions', 'release', 'btc-1'],
      ['kill-switch', 'flatten'],
      ['kill-switch', 'halt'],
    ]) {
      const { code, stderr } = await run(...args)
      expect([code, stderr], args.join(' ')).to.satisfy(
        ([exit, text]: [number, string]) => exit === 2 && text.includes('pass --yes'),
      )
    }
    expect((await run('kill-switch')).stdout).to.equal('off\n')
  })

  it('show the calls to the broker, and move a breaker by hand', async () => {
    const { stdout } = await run('gateway')
    expect(stdout).to.match(/^breaker +state +retry in +refused +last change$/m)
    expect(stdout).to.match(/^orders +closed +0 s /m)
    expect(stdout).to.match(/^default +1,000 +none +\d+ .* never$/m)
    const forced = await run('gateway', 'breaker', 'quotes', 'force-open')
    expect(forced.stdout).to.match(/^quotes +forced-open +by hand .* by-hand 20/m)
    expect((await run('status')).stdout).to.include('quotes is forced-open')
    const unknown = await run('gateway', 'breaker', 'trades', 'reset')
    expect([unknown.code, unknown.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 2 && text.includes('orders, account, quotes'),
    )
    const reset = await run('gateway', 'breaker', 'quotes', 'reset')
    expect(reset.stdout).to.match(/^quotes +closed +0 s /m)
    const journal = await run('journal', '--format', 'json')
    expect(journal.stdout).to.match(/"kind":"breaker-moved".*"act":"force-open"/)
  })

  it('move the kill switch, and make status fail on halt', async () => {
    expect((await run('kill-switch', 'halt', '--yes')).stdout).to.match(/^halt since /)
    const { code, stdout } = await run('status')
    expect([code, stdout.split(' ')[0]]).to.deep.equal([1, 'fail'])
    expect((await run('kill-switch', 'off')).stdout).to.match(/^off since /)
  })

  it('name an unknown position, and an unreachable service', async () => {
    const unknown = await run('why', 'nowhere')
    expect([unknown.code, unknown.stderr]).to.deep.equal([
      1,
      'error: POSITION_UNKNOWN: no open position "nowhere"\n',
    ])
    const dead = `http://127.0.0.1:${await closedPort()}`
    const silent = await run('positions', '--url', dead)
    expect(silent.code).to.equal(1)
    expect(silent.stderr).to.equal(`error: NO_SERVICE: no service at ${dead} (ECONNREFUSED)\n`)
    expect((await run('status', '--url', dead)).code).to.equal(3)
    expect((await run('status', '--url', 'localhost:8080')).code).to.equal(2)
  })

  it('read the data folder when it is named', async () => {
    const { code, stdout } = await run('positions', '--data', data, '--all')
    expect([code, stdout]).to.satisfy(
      ([exit, text]: [number, string]) => exit === 0 && /^gold-1 +open +GOLD/m.test(text),
    )
    const newest = await run('journal', '--data', data, '--limit', '1')
    expect(newest.stdout).to.match(/^\S+ kill-switch .*state="off"[^\n]*\n$/)
    const oldest = await run('journal', '--data', data, '--limit', '1', '--after', '0')
    expect(oldest.stdout).to.match(/^\S+ position-added .*\n$/)
    const both = await run('positions', '--data', data, '--url', url)
    expect(both.code).to.equal(2)
  })

  describe('answered by another program', () => {
    let server: Server | undefined

    afterEach(() => {
      server?.closeAllConnections()
      server?.close()
    })

    async function against(answer: RequestListener): Promise<string> {
      server = createServer(answer).listen(0, '127.0.0.1')
      await new Promise(resolve => server!.once('listening', resolve))
      const { port } = server.address() as AddressInfo
      const { code, stderr } = await cliHere(['why', 'a', '--url', `http://127.0.0.1:${port}`])
      expect([code, stderr.split('\n').length]).to.deep.equal([1, 2])
      return stderr
    }

    it('report that a web page is no watchkeeper', async () => {
      const stderr = await against((_request, response) => {
        response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>It works</h1>')
      })
      expect(stderr).to.match(/NOT_WATCHKEEPER: .*answers 404 with text\/html/)
    })

    it('report that an answer is no JSON', async () => {
      const stderr = await against((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"position":')
      })
      expect(stderr).to.match(/NOT_WATCHKEEPER: .*its answer is no JSON/)
    })

    it('follow no redirect to another address', async () => {
      const stderr = await against((_request, response) => {
        response.writeHead(302, { location: 'http://example.com/' }).end()
      })
      expect(stderr).to.match(/^error: NOT_WATCHKEEPER: .*302/)
    })
  })
})
