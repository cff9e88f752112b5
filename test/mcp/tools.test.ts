import { expect } from 'chai'
import type { z } from 'zod'
import { WatchkeeperClient } from '../../src/client/watchkeeper-client.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import { callTool } from '../../src/mcp/call.ts'
import { toolsOf } from '../../src/mcp/tools.ts'
import { asJson, happened } from '../support/as-json.ts'
import { ODD_VALUES } from '../support/bad-values.ts'
import { ServedAccounts } from '../support/served-accounts.ts'

type Args = Readonly<Record<string, unknown>>

/** Two calls that differ in one argument. */
interface Change {
  /** The argument in the second call. */
  readonly to: unknown
  /** Arguments in place of those of `BASES` in both calls. */
  readonly with?: Args
}

const P1 = { account: 'acme', id: 'p1' }
const TIGHTER = { ...P1, rules: { stopLoss: { pct: 40 } } }
const NEW = {
  account: 'acme',
  id: 'n1',
  instrument: 'ACME',
  side: 'long' as const,
  quantity: 1,
  entryPrice: 100,
  rules: { stopLoss: { pct: 50 } },
}

/** Arguments that each tool takes. */
const BASES: Readonly<Record<string, Args>> = {
  health: { account: 'acme' },
  positions: {},
  why: P1,
  exits: { account: 'acme' },
  journal: { account: 'acme' },
  explain: { code: 'LOOSENS' },
  preview: TIGHTER,
  tighten: TIGHTER,
  protect: NEW,
  exit: P1,
}

/** For each argument what shows that it has an effect. */
const CHANGES: Readonly<Record<string, Readonly<Record<string, Change>>>> = {
  health: { account: { to: 'bolt' } },
  positions: {
    instrument: { to: 'OTHER' },
    account: { to: 'bolt' },
    side: { to: 'short' },
    guard: { to: 'guarded' },
  },
  why: { id: { to: 'p2' }, account: { to: 'bolt' } },
  exits: {
    positionId: { to: 'gone-1' },
    reason: { to: 'stop-loss' },
    account: { to: 'bolt' },
    limit: { to: 1 },
  },
  journal: { positionId: { to: 'gone-1' }, account: { to: 'bolt' }, last: { to: 1 } },
  explain: { code: { to: 'BAD_INPUT' } },
  preview: {
    id: { to: 'p2' },
    rules: { to: { stopLoss: { pct: 30 } } },
    account: { to: 'bolt' },
  },
  tighten: {
    id: { to: 'p2' },
    rules: { to: { stopLoss: { pct: 30 } } },
    account: { to: 'bolt' },
  },
  protect: {
    id: { to: 'n2' },
    instrument: { to: 'NEW' },
    side: { to: 'short', with: { instrument: 'NEW' } },
    quantity: { to: 2 },
    entryPrice: { to: 101 },
    rules: { to: { stopLoss: { pct: 40 } } },
    account: { to: 'bolt' },
    openedAt: { to: 500 },
  },
  exit: { id: { to: 'p2' }, account: { to: 'bolt' } },
}

/** Two accounts behind a server, with positions and exits. */
class Scene {
  private readonly accounts = new ServedAccounts()
  private server: HttpServer | undefined
  private client: WatchkeeperClient | undefined

  async open(): Promise<this> {
    await this.accounts.open()
    const { acme, bolt } = this.accounts
    acme.health = { status: 'warn', at: Date.now(), output: ['odd'], checks: {} }
    const control = this.accounts.control()
    this.server = await serveHttp({ control, host: '127.0.0.1', port: 0 })
    this.client = new WatchkeeperClient({ url: `http://127.0.0.1:${this.server.port}` })
    for (const each of [
      { id: 'p1' },
      { id: 'p1', account: 'bolt', entryPrice: 120 },
      { id: 'p2', entryPrice: 110 },
      { id: 's1', side: 'short', instrument: 'OTHER' },
      { id: 'gone-1' },
      { id: 'gone-2', rules: { stopLoss: { pct: 5 } } },
    ] as const) {
      await this.client.guard({ ...NEW, ...each })
    }
    for (const price of [100, 94]) for (const each of [acme, bolt]) await each.tick(price)
    await this.client.ofAccount('acme').exit('gone-1')
    await this.accounts.settled()
    return this
  }

  async close(): Promise<void> {
    await this.server?.close()
    await this.accounts.stop()
  }

  /** What a tool says, and whether it refuses. */
  async call(name: string, args: unknown) {
    const found = toolsOf({ allowExit: true }).find(each => each.name === name)!
    const {
      content,
      structuredContent,
      isError = false,
    } = await callTool(found, this.client!, args)
    return { text: content[0]!.text, value: structuredContent, isError }
  }

  /** The same, and what is kept after it. */
  async seen(name: string, args: unknown) {
    const { text, value, isError } = await this.call(name, args)
    await this.accounts.settled()
    return { value: asJson(value ?? text), isError, kept: this.kept() }
  }

  /** The positions, the journals and the orders of the broker, as JSON has them. */
  kept(): unknown {
    const all = [...this.accounts.each.values()].map(each => ({
      positions: each.control().positions(),
      journal: happened(each.keeper.lines),
      orders: each.venue.placed,
    }))
    return asJson(all)
  }
}

describe('the arguments of each tool', () => {
  const tools = toolsOf({ allowExit: true })
  const argumentsOf = (input: z.ZodType) =>
    (input as z.ZodObject<Readonly<Record<string, z.ZodType>>>).shape
  /** Is only read, or refuses. */
  let scene: Scene
  let untouched: unknown

  before(async () => {
    scene = await new Scene().open()
    untouched = scene.kept()
  })
  afterEach(() => expect(scene.kept()).to.deep.equal(untouched))
  after(() => scene.close())

  /** What a call gives, of a tool that changes something in accounts of its own. */
  async function outcome(name: string, args: Args) {
    if (tools.find(each => each.name === name)!.annotations.readOnlyHint) {
      return scene.seen(name, args)
    }
    const own = await new Scene().open()
    try {
      return await own.seen(name, args)
    } finally {
      await own.close()
    }
  }

  it('name no account that the service does not have: it would seem to hold nothing', async () => {
    const { text, isError } = await scene.call('positions', { account: 'acmee' })
    expect(isError).to.equal(true)
    expect(text).to.match(/^ACCOUNT_UNKNOWN: .*did you mean acme\?/)
  })

  for (const { name, input } of tools) {
    const fields = argumentsOf(input)

    it(`have an entry each, and no entry is without an argument: ${name}`, () => {
      expect(Object.keys(CHANGES[name] ?? {}).sort()).to.deep.equal(Object.keys(fields).sort())
    })

    it(`have an effect: ${name}`, async () => {
      const bases = new Map<string, Awaited<ReturnType<typeof outcome>>>()
      for (const [field, { to, with: own }] of Object.entries(CHANGES[name] ?? {})) {
        const base = { ...BASES[name], ...own }
        const key = JSON.stringify(base)
        const without = bases.get(key) ?? (await outcome(name, base))
        if (!bases.has(key)) expect(await outcome(name, base)).to.deep.equal(without)
        bases.set(key, without)
        const changed = await outcome(name, { ...base, [field]: to })
        expect(changed.isError, `${field}: ${JSON.stringify(changed.value)}`).to.equal(false)
        expect(changed, field).to.not.deep.equal(without)
      }
    })

    it(`are refused by what was found, where, and what is expected: ${name}`, async () => {
      for (const [field, shape] of Object.entries(fields)) {
        for (const value of [...ODD_VALUES, undefined]) {
          if (shape.safeParse(value).success) continue
          const { text, isError } = await scene.call(name, { ...BASES[name], [field]: value })
          const what = `${field} ${JSON.stringify(value)}: ${text}`
          expect(isError, what).to.equal(true)
          const lines = text.split('\n')
          expect(lines.at(-1), what).to.equal('Nothing was changed.')
          expect(lines.at(-2), what).to.match(
            new RegExp(`^${field}\\b[^ ]*: found [^\\n]{1,62}, expected (?!Invalid)[^\\n]+$`),
          )
        }
      }
    })

    it(`are refused where the tool does not have them: ${name}`, async () => {
      const { text, isError } = await scene.call(name, { ...BASES[name], colour: 'red' })
      expect(isError).to.equal(true)
      expect(text).to.match(/^colour: found the unknown argument "colour", expected one of \w/)
    })
  }
})
