import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { checkConfig } from '../../src/app/config-check.ts'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { configWithPlugins } from '../../src/app/plugins.ts'
import { loadServiceConfig, pluginsOf } from '../../src/config/service-file.ts'
import type { Fault, InputError } from '../../src/errors.ts'
import { forgetPlugins } from '../../src/plugins/table.ts'
import { MemoryPlace, MemoryStore } from '../../src/stores/memory.ts'
import { examinedByBundle } from '../support/bundled-examiner.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder } from '../support/cli.ts'
import { until } from '../support/until.ts'

const EXAMPLES = new URL('../../examples/plugins/', import.meta.url).pathname
const example = (name: string): string => join(EXAMPLES, `${name}.mjs`)

/** A feed whose prices a test sets, and what it was given. */
const FEED = `
const state = (globalThis.testFeed ??= { ticks: [] })
export default {
  kind: 'feed',
  name: 'steered',
  options: z => z.strictObject({ note: z.string() }),
  open({ note }, deps) {
    Object.assign(state, { note, deps })
    return { start() { state.started = true }, stop() { state.stopped = true } }
  },
}`

interface Steered {
  note: string
  started: boolean
  stopped: boolean
  deps: { onTick(tick: unknown): void; wanted(): readonly string[] }
}

const steered = (): Steered => (globalThis as unknown as { testFeed: Steered }).testFeed

describe('plugins of a configuration', () => {
  examinedByBundle()
  let folder: Folder
  let running: RunningWatchkeeper | undefined
  let hook: Server | undefined
  beforeEach(() => (folder = new Folder()))
  afterEach(async () => {
    await running?.stop()
    running = undefined
    hook?.close()
    forgetPlugins()
    folder.remove()
  })

  const faultsOf = (settings: Record<string, unknown>): readonly Fault[] => {
    try {
      checkConfig(loadServiceConfig({ file: undefined, settings, env: {}, overrides: {} }))
      return []
    } catch (error) {
      return (error as InputError).faults
    }
  }

  it('are found relative to the file that names them', () => {
    const file = folder.file('my.yaml', 'plugins: [./one.mjs, sub/two.mjs, /three.mjs, 4]\n')
    const found = ['one.mjs', 'sub/two.mjs'].map(each => join(folder.path, each))
    expect(pluginsOf({ file })).to.deep.equal([...found, '/three.mjs'])
  })

  it('are faults of the configuration where no file brings them, each at its place', () => {
    const name = 'nothingThere'
    const faults = faultsOf({
      broker: { kind: 'plugin', name },
      feed: { kind: 'plugin', plugin: { name } },
      store: { kind: 'plugin', name },
      notify: { channels: [{ kind: 'plugin', name }] },
      acceptUnprovable: true,
    })
    expect(faults.map(({ path }) => path)).to.deep.equal([
      'broker.name',
      'feed.plugin.name',
      'store.name',
      'notify.channels[0].name',
    ])
  })

  it('have options that their own schema judges, and a feed of that kind needs its name', async () => {
    const settings = {
      plugins: [example('memory-broker')],
      broker: { kind: 'plugin', name: 'memoryBroker', options: { holdings: { ACME: 'five' } } },
      feed: { kind: 'poll' },
    }
    await configWithPlugins({ file: undefined, settings, env: {}, overrides: {} })
    expect(faultsOf(settings).map(({ path }) => path)).to.deep.equal([
      'broker.options.holdings.ACME',
    ])
    expect(faultsOf({ feed: { kind: 'plugin' } })[0]!.path).to.equal('feed.plugin.name')
  })

  it('guard a position by an own rule, an own feed, at an own broker, and notify an own channel', async () => {
    const lines: string[] = []
    hook = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => lines.push(text))
      request.on('end', () => response.end())
    }).listen(0, '127.0.0.1')
    await until(() => hook!.listening)
    const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`
    const memory: Record<string, unknown> = {}
    running = await startWatchkeeper({
      env: {},
      plugins: [folder.file('steered.mjs', FEED)],
      config: {
        plugins: ['give-back', 'memory-broker', 'hook-channel'].map(example),
        dataFolder: join(folder.path, 'data'),
        http: { port: 0 },
        cycleMs: 50,
        feed: { kind: 'plugin', plugin: { name: 'steered', options: { note: 'given' } } },
        broker: {
          kind: 'plugin',
          name: 'memoryBroker',
          options: { holdings: { ACME: 5 }, prices: { ACME: 95 } },
        },
        holdings: { confirm: false, reconcileMs: 100 },
        notify: {
          settleMs: 0,
          channels: [{ kind: 'plugin', name: 'lineHook', options: { url } }],
        },
      },
      onLog: line => {
        const { kind, ...detail } = JSON.parse(line) as { kind: string }
        memory[kind] = detail
      },
    })
    const { note, deps } = steered()
    expect([note, steered().started]).to.deep.equal(['given', true])
    const tick = (price: unknown): void =>
      deps.onTick({ instrument: 'ACME', ts: Date.now(), price })
    await running.guard({
      id: 'a',
      instrument: 'ACME',
      side: 'long',
      quantity: 5,
      entryPrice: 90,
      rules: { giveBack: { points: 5, fromPct: 1 } },
    })
    expect(deps.wanted()).to.deep.equal(['ACME'])
    for (const odd of ['100', undefined, {}]) tick(odd)
    deps.onTick(null)
    tick(100)
    await until(() => running!.positions()[0]?.stop === 95)
    tick(94)
    await until(() => memory['exit-filled'] !== undefined)
    expect(memory['exit-intended']).to.include({ reason: 'custom', positionId: 'a' })
    await until(() => running!.positions().length === 0)
    await fetch(`${running.url}/api/kill-switch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ state: 'halt' }),
    })
    await until(() => lines.length > 0)
    expect(lines[0]).to.match(/^watchkeeper: pass -> \w+: /)
    await running.stop()
    expect(steered().stopped).to.equal(true)
  })
})

describe('watchkeeper rules test', () => {
  examinedByBundle()
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  it('shows a price history in which a rule loosens, the same one for the same seed', async () => {
    const file = folder.file(
      'loose.mjs',
      `export default { kind: 'rule', name: 'loose', arm: ({ entryPrice, side }, best) => {
         const sign = side === 'long' ? 1 : -1
         return { stop: sign * (best - entryPrice) > entryPrice * 0.3 ? best * (1 - sign * 0.5) : best * (1 - sign * 0.1) }
       } }`,
    )
    const [one, two] = [
      await cliHere(['rules', 'test', file, '--seed', '3']),
      await cliHere(['rules', 'test', file, '--seed', '3']),
    ]
    expect(one.code).to.equal(2)
    expect(one.stderr).to.equal(two.stderr)
    expect(one.stderr).to.match(
      /never loosens.*\(seed 3\): the stop goes from .* a long entered at 100/,
    )
  })

  it('says that a rule is sound', async () => {
    const { code, stdout } = await cliHere([
      'rules',
      'test',
      example('give-back'),
      '--cases',
      '500',
    ])
    expect([code, stdout]).to.deep.equal([0, 'sound: rule giveBack, 500 price histories, seed 1\n'])
  })
})

describe('watchkeeper broker test', () => {
  examinedByBundle()
  afterEach(() => forgetPlugins())

  it('runs every promise of the capabilities on a broker of a plugin', async () => {
    const { code, stdout } = await cliHere(['broker', 'test', example('memory-broker')])
    expect(stdout).to.match(/^memoryBroker: (\d+) of \1 promises kept$/m)
    expect(stdout).to.not.include('broken')
    expect(code).to.equal(0)
  })

  it('names the promises that a broker breaks, and fails', async () => {
    const folder = new Folder()
    try {
      const source = `import good from ${JSON.stringify(example('memory-broker'))}
        export default { ...good, name: 'forgetful', async testVenue(errors) {
          const venue = await good.testVenue(errors)
          return { ...venue, broker: { ...venue.broker, orderByClientId: async () => ({ kind: 'absent' }) } }
        } }`
      const { code, stdout } = await cliHere(['broker', 'test', folder.file('bad.mjs', source)])
      expect(stdout).to.match(/^broken {2}finds an order by its id while it works/m)
      expect(stdout).to.match(/^kept {4}never goes through zero/m)
      expect(code).to.equal(1)
    } finally {
      folder.remove()
    }
  })
})

describe('watchkeeper plugin test', function () {
  this.timeout(60_000)
  examinedByBundle()

  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => {
    forgetPlugins()
    folder.remove()
  })

  const test = (file: string) => cliHere(['plugin', 'test', file])
  before(() => Object.assign(globalThis, { testStores: { MemoryPlace, MemoryStore } }))
  after(() => void Reflect.deleteProperty(globalThis, 'testStores'))
  /** A store of a plugin: ours in memory, with a change of its own. */
  const store = (change = ''): string =>
    folder.file(
      'store.mjs',
      `export default {
         kind: 'store', name: 'mine', open() {},
         testPlace() {
           const { MemoryPlace, MemoryStore } = globalThis.testStores
           const place = new MemoryPlace()
           let now = 0
           return {
             async attach() { const store = new MemoryStore(place, () => now); ${change}; return store },
             async killOwner(leaseMs) { now += leaseMs },
           }
         },
       }`,
    )

  it('runs the contract of a feed, a channel, a store, and the tests of a rule', async () => {
    for (const [file, last] of [
      [example('file-feed'), /^fileFeed: (\d+) of \1 promises kept$/m],
      [example('hook-channel'), /^lineHook: (\d+) of \1 promises kept$/m],
      [store(), /^mine: (\d+) of \1 promises kept$/m],
      [example('give-back'), /^sound: rule giveBack/m],
    ] as const) {
      const { code, stdout, stderr } = await test(file)
      expect(stdout + stderr).to.match(last)
      expect(code).to.equal(0)
    }
  })

  it('names what a store, a feed and a channel break, and fails', async () => {
    const forgetful = await test(
      store(
        `store.write = async batch => MemoryStore.prototype.write.call(store, { ...batch, lines: [] })`,
      ),
    )
    expect(forgetful.stdout).to.match(/^broken {2}journal: numbers lines from 1 without gaps/m)
    expect(forgetful.stdout).to.match(/^kept {4}rows: returns what was written, table by table/m)
    const feed = `import good from ${JSON.stringify(example('file-feed'))}
      export default { ...good, name: 'restless', open(options, deps) {
        return { ...good.open(options, { ...deps, onTick: tick => deps.onTick({ ...tick, ts: tick.ts / 1000 }) }), stop() {} }
      } }`
    const restless = await test(folder.file('feed.mjs', feed))
    expect(restless.stdout).to.match(/^broken {2}gives nothing after it was stopped/m)
    expect(restless.stdout).to.match(/^broken {2}gives whole ticks[^]*expected about/m)
    const channel = `export default { kind: 'channel', name: 'torn', request: ({ reasons }) => ({
      url: 'https://example.com', headers: { 'x-why': reasons[0] ?? '' }, body: 'same' }) }`
    const torn = await test(folder.file('channel.mjs', channel))
    expect(torn.stdout).to.match(/^broken {2}gives headers that can be sent/m)
    for (const { code } of [forgetful, restless, torn]) expect(code).to.equal(1)
  })

  it('refuses a feed and a store that have nothing to be tested with', async () => {
    for (const kind of ['feed', 'store']) {
      const bare = `export default { kind: '${kind}', name: '${kind}Bare', open() {} }`
      const { code, stderr } = await test(folder.file(`${kind}.mjs`, bare))
      expect([code, stderr.includes(kind === 'feed' ? 'testSource' : 'testPlace')]).to.deep.equal([
        2,
        true,
      ])
    }
  })
})
