import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openPaperAccount } from '../../src/brokers/paper-account.ts'
import { positionId } from '../../src/domain/ids.ts'
import { openLmdbStore } from '../../src/stores/lmdb.ts'
import { ratchetsOf, registerOf } from '../../src/stores/state-repository.ts'
import { watchkeeper } from '../support/cli.ts'
import { RunningService } from '../support/kill.ts'

const COUNT = 40

/** Stops so tight that the simulated feed hits one every few hundred milliseconds. */
function busyPositions(): string {
  const positions = Array.from({ length: COUNT }, (_, index) => ({
    id: `p${index}`,
    instrument: index % 2 === 0 ? 'BTCUSD' : 'GLOBEX',
    side: index % 4 < 2 ? 'long' : 'short',
    quantity: 1,
    entryPrice: index % 2 === 0 ? 92_400 : 47.8,
    rules: { trailingStop: { distancePct: Number((0.02 * (1 + index)).toFixed(2)) } },
  }))
  return JSON.stringify({ positions })
}

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
      COUNT - fills.length,
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
      const { code, stderr } = await watchkeeper([...command, '--config', config])
      expect(code).to.equal(2)
      expect(stderr).to.match(/feed.kind: found poll with broker.kind paper, .* \(NO_PRICES\)/)
    }
  })

  it('counts the time after a kill in which no process was running', async () => {
    const first = await start()
    await first.end('SIGKILL')
    const killedAt = Date.now()
    const second = await start()
    // A line is printed once it is durable, which may be after the start line.
    await second.printed(each => each.includes('guard-resumed'))
    const url = second.lines.find(line => line.startsWith('metrics'))!.split(/\s+/)[1]!
    const text = await (await fetch(url)).text()
    const seconds = Number(/unguarded_seconds_total\{cause="down"\} (\S+)/.exec(text)![1])
    const line = second.lines.find(each => each.includes('guard-resumed'))!
    const positions = Number(/positions=(\d+)/.exec(line)![1])
    const downMs = Number(/downMs=(\d+)/.exec(line)![1])
    expect(positions).to.be.within(1, COUNT)
    expect(downMs).to.be.within(1, Date.now() - killedAt + 60_000)
    expect(seconds).to.be.closeTo((positions * downMs) / 1_000, 0.01)
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
    const refused = new RunningService(args)
    const ended = await refused.printed(() => false).catch((error: unknown) => String(error))
    expect(ended).to.match(/ended with 2:[^]*acts\[0\].positions\[1\], line 1: found "moon"/)
  })

  it('refuses a folder that another process guards, and names it', async () => {
    await start()
    const second = new RunningService(args)
    const ended = await second.printed(() => false).catch((error: unknown) => String(error))
    expect(ended).to.match(/ended with 1:[^]*STORE_OWNED: .* process \d+, which is still running/)
  })

  it('can be read by other commands while it runs, and afterwards', async () => {
    const data = ['--data', join(folder, 'data')]
    const running = await start()
    await running.printed(isIntent)
    const listed = await watchkeeper(['positions', ...data, '--format', 'json', '--all'])
    expect(listed.stdout.trim().split('\n')).to.have.length(COUNT)
    await running.end('SIGTERM')
    const text = await watchkeeper(['positions', ...data])
    expect(text.stdout).to.match(/^position .*\n.* open .* trailingStop\n/)
    const json = await watchkeeper(['journal', ...data, '--format', 'json', '--limit', '1000'])
    const kinds = json.stdout
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { kind: string }).kind)
    expect(kinds.filter(kind => kind === 'position-added')).to.have.length(COUNT)
    expect(kinds).to.include('exit-intended')
    const csv = await watchkeeper(['journal', ...data, '--format', 'csv', '--position', 'p3'])
    expect(csv.stdout).to.match(/^seq,at,kind,positionId,detail\n\d+,\d+,position-added,p3,"\{""by/)
    const nowhere = await watchkeeper(['journal', '--data', join(folder, 'nowhere')])
    expect([nowhere.code, nowhere.stderr]).to.deep.equal([
      1,
      `error: STORE_UNUSABLE: the store in ${join(folder, 'nowhere', 'store')} cannot be used: there is no store\n`,
    ])
  })

  it('continues to guard when the reader of its output has ended', async () => {
    const running = await start()
    running.stopReading()
    const lineCount = async (): Promise<number> =>
      (await watchkeeper(['journal', '--data', join(folder, 'data')])).stdout.split('\n').length
    // The first line after that meets a closed pipe; only a running service writes more of them.
    const before = await lineCount()
    while ((await lineCount()) < before + 4) continue
    expect(await running.end('SIGTERM')).to.equal(0)
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
