import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openPaperAccount } from '../../src/brokers/paper-account.ts'
import { positionId } from '../../src/domain/ids.ts'
import { openLmdbStore } from '../../src/stores/lmdb.ts'
import { ratchetsOf, registerOf } from '../../src/stores/state-repository.ts'
import { BUSY, busyPositions } from '../support/busy-positions.ts'
import { cliHere } from '../support/cli-here.ts'
import { RunningService } from '../support/kill.ts'

const isStarted = (line: string): boolean => line.startsWith('watchkeeper guards')
const isIntent = (line: string): boolean => line.includes('exit-intended')

describe('watchkeeper run', () => {
  let folder: string
  let args: string[]
  let service: RunningService | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-run-'))
    const positions = join(folder, 'positions.json')
    writeFileSync(positions, busyPositions())
    const data = join(folder, 'data')
    args = ['--positions', positions, '--data', data, '--broker-delay-ms', '40', '--port', '0']
  })

  afterEach(async () => {
    await service?.end('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const start = async (): Promise<RunningService> => {
    service = new RunningService(args)
    await service.printed(isStarted)
    return service
  }

  /** The state on disk: position table, ratchets and the account's fills. */
  async function leftBehind() {
    const store = await openLmdbStore({ folder: join(folder, 'data', 'store') })
    const register = await registerOf(store)
    const ratchets = await ratchetsOf(
      await store.rows('ratchets'),
      await store.rows('extremes'),
      register,
    )
    await store.close()
    const account = openPaperAccount({
      folder: join(folder, 'data', 'paper'),
      quotes: { price: () => undefined },
    })
    const fills = account.fills()
    const holdings = await account.holdings()
    await account.close()
    return { register, ratchets, fills, holdings }
  }

  it('exits each position once, and loosens no ratchet, however often it is killed', async () => {
    const best = new Map<string, number>()
    for (let kill = 0; kill < 6; kill++) {
      const running = await start()
      // In the middle of an exit: the intent is durable, and the order is in flight or just
      // answered.
      await Promise.race([running.printed(isIntent), new Promise(done => setTimeout(done, 1_500))])
      await running.end('SIGKILL')
      const { register, ratchets, fills } = await leftBehind()
      expect(new Set(fills.map(({ positionId }) => positionId)).size).to.equal(fills.length)
      for (const [id, ratchet] of ratchets) {
        const { side } = register.get(positionId(id))!.position
        const score = side === 'long' ? ratchet.best : -ratchet.best
        expect(score, id).to.be.at.least(best.get(id) ?? -Infinity)
        best.set(id, score)
      }
    }
    const last = await start()
    expect(await last.end('SIGTERM')).to.equal(0)
    const { register, fills, holdings } = await leftBehind()
    const closed = [...register.values()].filter(({ state }) => state === 'closed')
    expect(closed.length).to.be.greaterThan(0)
    expect(new Set(fills.map(({ positionId }) => positionId)).size).to.equal(fills.length)
    expect(closed.length).to.equal(fills.length)
    expect(holdings.reduce((sum, { quantity }) => sum + Math.abs(quantity), 0)).to.equal(
      BUSY - fills.length,
    )
  }).timeout(120_000)

  it('names instruments without a price, and counts no position without a price as guarded', async () => {
    const position = { id: 'a', side: 'long', quantity: 1, entryPrice: 92_400 }
    const watched = { underlying: { instrument: 'NIFTY50', below: 9 }, stopLoss: { pct: 5 } }
    const positions = [
      { ...position, instrument: 'BTC/USD', rules: { stopLoss: { pct: 5 } } },
      { ...position, id: 'b', instrument: 'BTCUSD', rules: watched },
    ]
    writeFileSync(join(folder, 'positions.json'), JSON.stringify({ positions }))
    const running = await start()
    await running.printed(line => line.startsWith('Ctrl-C'))
    expect(running.lines).to.include('watchkeeper guards 1 position, 0 are being exited')
    const text = running.lines.join('\n')
    expect(text).to.match(/^1 is not guarded yet: /m)
    expect(text).to.match(/^the feed has no price of BTC\/USD \(did you mean BTCUSD\?\)$/m)
    expect(text).to.match(/^the feed has no price of NIFTY50 \(did you mean NIFTY\?\)$/m)
    expect(text).to.match(/instrument-unpriced .*BTC\/USD/)
    const url = running.lines.find(line => line.startsWith('positions'))!.split(/\s+/)[1]!
    const { positions: views } = (await (await fetch(url)).json()) as {
      positions: { id: string; state: string }[]
    }
    expect(views.map(({ id, state }) => [id, state])).to.deep.equal([
      ['a', 'unguarded'],
      ['b', 'guarded'],
    ])
  })

  it('sends nothing for an old positions file, and names the reason for each position', async () => {
    const old = { id: 'late', instrument: 'BTCUSD', side: 'long', quantity: 1, entryPrice: 92_400 }
    const positions = [
      { ...old, openedAt: '2024-08-09T09:30:00Z', rules: { maxHold: { ms: 3_600_000 } } },
      { ...old, id: 'far', entryPrice: 200_000, rules: { stopLoss: { pct: 5 } } },
      { ...old, id: 'ahead', openedAt: Date.now() + 3_600_000, rules: { stopLoss: { pct: 5 } } },
      { ...old, id: 'good', rules: { stopLoss: { pct: 50 } } },
      { ...old, id: 'soon', openedAt: Date.now() + 4_500, rules: { stopLoss: { pct: 50 } } },
    ]
    writeFileSync(join(folder, 'positions.json'), JSON.stringify({ positions }))
    const running = await start()
    await running.printed(line => line.startsWith('Ctrl-C'))
    const text = running.lines.join('\n')
    expect(text).to.match(/^watchkeeper guards 2 positions, 0 are being exited\n1 is not guarded/m)
    expect(text).to.match(/^late is not guarded: .*the time of maxHold is past/m)
    expect(text).to.match(/^ahead is not guarded: .*ahead of the clock/m)
    const url = running.lines.find(line => line.startsWith('health'))!.split(/\s+/)[1]!
    const health = (await (await fetch(url)).json()) as { status: string; output: string[] }
    expect(health.status).to.equal('fail')
    const output = health.output.join('\n')
    expect(output).to.match(/positions:refused: 2: late: .*, ahead: /)
    expect(output).to.match(/positions:unguarded: 1: far: the price .* is past the stop 190000/)
    expect(await running.end('SIGTERM')).to.equal(0)
    expect(running.lines.filter(isIntent)).to.deep.equal([])
    const { fills, register } = await leftBehind()
    expect([fills.length, register.size]).to.deep.equal([0, 3])
  })

  it('refuses polls of a paper account, which has no prices', async () => {
    const config = join(folder, 'config.yaml')
    writeFileSync(config, `positions: ${join(folder, 'positions.json')}\nfeed: { kind: poll }\n`)
    for (const command of [['run', '--port', '0'], ['check']]) {
      const { code, stderr } = await cliHere([...command, '--config', config])
      expect(code).to.equal(2)
      expect(stderr).to.match(/feed.kind: found poll with broker.kind paper, .* \(NO_PRICES\)/)
    }
  })

  it('injects the faults of a chaos file, exits each position once, and prints a summary', async () => {
    const chaos = join(folder, 'chaos.yaml')
    const acts = [
      { kind: 'monitor-throws', everyMs: 200, count: 3 },
      { kind: 'rule-throws', everyMs: 500, forMs: 300, count: 10 },
      { kind: 'feed-stalls', everyMs: 1_000, forMs: 300 },
      { kind: 'broker-refuses', everyMs: 900, forMs: 300 },
      { kind: 'broker-times-out', everyMs: 800, forMs: 300 },
      { kind: 'loop-blocks', everyMs: 1_500, forMs: 200 },
    ]
    writeFileSync(chaos, JSON.stringify({ afterMs: 0, acts }))
    args.push('--chaos', chaos)
    const running = await start()
    const url = running.lines.find(line => line.startsWith('health'))!.split(/\s+/)[1]!
    const health = async (): Promise<Record<string, unknown>> =>
      (await fetch(`${url}?check=service`)).json() as Promise<Record<string, unknown>>
    // A busy machine may add that the event loop is late.
    expect((await health())['output']).to.include(
      'service:chaos: chaos is on: faults are injected on purpose',
    )
    await running.printed(line => line.includes(' chaos '), 15)
    await running.printed(line => line.includes('exit-filled'), 3)
    expect(await running.end('SIGTERM')).to.equal(0)
    const text = running.lines.join('\n')
    expect(text).to.match(/chaos, summed up:[^]*restarts +\d+[^]*positions exited, each once/)
    const { register, fills } = await leftBehind()
    expect(new Set(fills.map(({ positionId }) => positionId)).size).to.equal(fills.length)
    const closed = [...register.values()].filter(({ state }) => state === 'closed')
    expect(closed.length).to.be.at.most(fills.length)
  }).timeout(120_000)

  it('does not start with a chaos file that names what does not exist', async () => {
    const chaos = join(folder, 'chaos.yaml')
    const wrong = { kind: 'monitor-throws', everyMs: 1_000, positions: ['p0', 'moon'] }
    writeFileSync(chaos, JSON.stringify({ acts: [wrong] }))
    args.push('--chaos', chaos)
    const { code, stderr } = await cliHere(['run', ...args])
    expect(code).to.equal(2)
    expect(stderr).to.match(/acts\[0\].positions\[1\], line 1: found "moon"/)
  })

  it('reports immediately what is wrong with its configuration', async () => {
    const config = join(folder, 'config.yaml')
    writeFileSync(config, 'positions: x.yaml\ncycleMs: 1\ncolour: red\n')
    const wrong = new RunningService(['--config', config])
    const ended = await wrong.printed(() => false).catch((error: unknown) => String(error))
    expect(ended).to.match(/ended with 2:/)
    expect(ended).to.match(/cycleMs, line 2: found 1, expected/)
    expect(ended).to.match(/colour, line 3: found an unknown setting/)
  })

  it('leaves closed ids closed, and reports that nothing is guarded when none is open', async () => {
    writeFileSync(
      join(folder, 'positions.json'),
      JSON.stringify({
        positions: [
          {
            id: 'p',
            instrument: 'GLOBEX',
            side: 'long',
            quantity: 1,
            entryPrice: 47.8,
            exitNow: true,
            rules: { maxHold: { ms: 1 } },
          },
        ],
      }),
    )
    const first = await start()
    await first.printed(line => line.includes('exit-filled'))
    expect(await first.end('SIGINT')).to.equal(0)
    const second = await start()
    await second.printed(line => line.includes('nothing to guard yet'))
    expect(second.lines.join('\n')).to.contain('already over, and left so: p')
    await second.end('SIGTERM')
    args.push('--fresh')
    const third = await start()
    await third.printed(line => line.includes('position-added'))
    expect(readFileSync(join(folder, 'data', 'store', 'data.mdb')).length).to.be.greaterThan(0)
  })
})
