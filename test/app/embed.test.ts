import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { spy } from 'sinon'
import { Coverage } from '../../src/account/coverage.ts'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { InputError, type WatchkeeperError } from '../../src/errors.ts'
import { builtFile } from '../support/built-package.ts'
import { Folder } from '../support/cli.ts'
import { runningEnv } from '../support/compiled.ts'
import { until } from '../support/until.ts'

const ACME = {
  id: 'a',
  instrument: 'BTCUSD',
  side: 'long',
  quantity: 1,
  entryPrice: 92_400,
  rules: { stopLoss: { pct: 50 } },
}

describe('an embedded service', () => {
  let folder: Folder
  let running: RunningWatchkeeper | undefined
  beforeEach(() => (folder = new Folder()))
  afterEach(async () => {
    await running?.stop()
    running = undefined
    folder.remove()
  })

  const settings = (but: object = {}): Record<string, unknown> => ({
    dataFolder: join(folder.path, 'data'),
    http: { port: 0 },
    ...but,
  })
  const start = async (but: object = {}): Promise<RunningWatchkeeper> =>
    (running = await startWatchkeeper({ config: settings(but), env: {} }))
  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => expect.fail('it resolved'),
      (error: unknown) => error,
    )

  it('refuses its settings with every fault at once, and starts nothing', async () => {
    const error = await failure(start({ cycleMs: 1, feed: { kind: 'none' } }))
    expect(error).to.be.instanceOf(InputError)
    expect((error as InputError).faults.map(({ path }) => path)).to.have.members([
      'cycleMs',
      'feed.kind',
    ])
  })

  it('gives the port that is taken as the failure of its start', async () => {
    const { url } = await start()
    const other = {
      dataFolder: join(folder.path, 'other'),
      http: { port: Number(new URL(url).port) },
    }
    const error = await failure(startWatchkeeper({ config: other, env: {} }))
    expect(error).to.have.property('code', 'ADDRESS_IN_USE')
  })

  it('refuses a position as the API does', async () => {
    const { guard } = await start()
    expect(await failure(guard({ ...ACME, side: 'up' }))).to.be.instanceOf(InputError)
    const first = await guard(ACME)
    // The same again is no other position.
    expect((await guard(ACME)).openedAt).to.equal(first.openedAt)
    const again = (await failure(guard({ ...ACME, quantity: 7 }))) as WatchkeeperError
    expect(again.code).to.equal('POSITION_EXISTS')
  })

  it('loosens nothing', async () => {
    const { guard, changeRules } = await start()
    await guard(ACME)
    const error = await failure(changeRules('a', { stopLoss: { pct: 60 } }))
    expect(error).to.have.property('code', 'LOOSENS')
  })

  it('reads paths of a file relative to the file', async () => {
    mkdirSync(join(folder.path, 'etc'))
    folder.file('etc/positions.json', JSON.stringify({ positions: [ACME] }))
    const config = folder.file(
      'etc/my.yaml',
      'positions: positions.json\ndataFolder: kept\nhttp: { port: 0 }\n',
    )
    running = await startWatchkeeper({ config, env: {} })
    expect(running.positions().map(({ id }) => id)).to.deep.equal(['a'])
  })

  it('goes on where it was when it is started again', async () => {
    const first = await start()
    await first.guard(ACME)
    await first.stop()
    const second = await start()
    expect(second.positions().map(({ id }) => id)).to.deep.equal(['a'])
  })

  it('begins without evaluating all of its positions in one turn of the event loop', async () => {
    const first = await start()
    await first.guard(ACME)
    await first.stop()
    const sweep = spy(Coverage.prototype, 'sweep')
    try {
      const second = await start()
      expect(sweep.callCount).to.equal(0)
      expect(second.health().checks['actors:alive']![0]!.observedValue).to.equal(1)
    } finally {
      sweep.restore()
    }
  })

  it('survives a sink that throws', async () => {
    let lines = 0
    running = await startWatchkeeper({
      config: settings(),
      env: {},
      onLog: () => {
        lines++
        throw new Error('full')
      },
    })
    await running.guard(ACME)
    await until(() => lines === 1)
    await running.guard({ ...ACME, id: 'b' })
    await until(() => lines === 2)
    expect(running.health().status).to.not.equal('fail')
  })

  it('leaves the process its signals, its end and its output', async () => {
    const module = pathToFileURL(builtFile('index.js')).href
    const program = `
      const { startWatchkeeper } = await import(${JSON.stringify(module)})
      const names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection']
      const before = names.map(name => process.listenerCount(name)).join()
      const running = await startWatchkeeper({ config: ${JSON.stringify(settings())}, env: {} })
      await running.guard(${JSON.stringify(ACME)})
      const during = names.map(name => process.listenerCount(name)).join()
      await running.stop()
      process.on('exit', code => console.log(JSON.stringify([before === during, code])))`
    const args = ['--input-type=module', '--eval', program]
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: runningEnv(),
    })
    // It also ends by itself: nothing of the service keeps the process.
    expect([stdout, stderr]).to.deep.equal(['[true,0]\n', ''])
  })
})
