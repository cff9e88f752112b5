import { expect } from 'chai'
import { startWatchkeeper } from '../../src/app/embed.ts'
import { netWarnings } from '../../src/app/net-warnings.ts'
import { loadPositions } from '../../src/config/positions-file.ts'
import { serviceSchema } from '../../src/config/schema.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder } from '../support/cli.ts'

describe('netWarnings', () => {
  let folder: Folder

  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  /** The warnings for positions with these rules, at a broker that claims this. */
  const warned = (
    capabilities: object | undefined,
    rules: object,
    ids: readonly string[] = ['p1'],
  ): readonly string[] => {
    const fields = { instrument: 'ACME', side: 'long', quantity: 1, entryPrice: 100 }
    const positions = ids.map(id => ({ id, ...fields, rules }))
    const file = folder.file('positions.json', JSON.stringify({ positions }))
    const http = { kind: 'http', url: 'http://127.0.0.1:9', token: 'a-test-token-0123456' }
    const config = serviceSchema.parse({
      ...(capabilities !== undefined && { broker: { ...http, capabilities } }),
    })
    const { entries } = loadPositions({ positionsFile: file, strict: false })
    return netWarnings(config, entries)
  }

  const STOPS = { kinds: ['stop-market'], triggers: ['last'], maxDistancePct: 5 }
  const CAN = { lookup: 'complete', reduceOnly: true, restingStop: STOPS }
  const net = { beyondPct: 1.5 }
  const stopLoss = { pct: 2 }

  it('names the positions of each cause, some of them, and what the broker would have to be', () => {
    const ids = ['a', 'b', 'c', 'd', 'e']
    expect(warned({ lookup: 'complete' }, { net, stopLoss }, ids)).to.deep.equal([
      'a, b, c and 2 more: no net: expected a venue that takes resting stops (restingStop)',
    ])
    const blind = { restingStop: STOPS, reduceOnly: true }
    expect(warned(blind, { net, stopLoss })[0]).to.match(/^p1: no net: .*lookup: complete/)
  })

  it('warns of a trigger that the broker would not take at the entry, and of no nearer one', () => {
    expect(warned(CAN, { net, stopLoss: { pct: 4 } })).to.deep.equal([
      'p1: no net: its trigger would lie 5.44 % from the entry price, and the broker takes at most 5 %',
    ])
    expect(warned(CAN, { net, stopLoss })).to.deep.equal([])
    expect(warned(CAN, { net: { beyondPct: 6 }, stopLoss })[0]).to.match(/largest distance, 5 %/)
    expect(warned(CAN, { net: { ...net, trigger: 'mark' }, stopLoss })[0]).to.match(/last/)
  })

  it('says nothing of positions without a net, nor of a paper account', () => {
    expect(warned({ lookup: 'complete' }, { stopLoss })).to.deep.equal([])
    expect(warned(undefined, { net, stopLoss })).to.deep.equal([])
  })

  it('is in the answer to each program that brings a position, or its rules, to the service', async () => {
    const secret = 'a-secret-of-the-charts'
    const fields = { instrument: 'ACME', side: 'long', quantity: 1, entryPrice: 100 }
    const settings = {
      dataFolder: `${folder.path}/data`,
      http: {
        port: 0,
        hooks: [{ name: 'charts', kind: 'tradingview', secretFile: folder.file('hook', secret) }],
      },
      holdings: {
        confirm: false,
        adopt: 'rules',
        instruments: ['*'],
        defaultRules: { net, stopLoss },
      },
      feed: { kind: 'poll' },
      broker: {
        kind: 'http',
        url: 'http://127.0.0.1:9',
        token: 'a-test-token-0123456',
        capabilities: { lookup: 'complete', reduceOnly: true },
      },
    }
    const sets = folder.file(
      'positions.json',
      JSON.stringify({
        rules: { default: { net, stopLoss } },
        positions: [{ id: 'file-1', ...fields, rules: { net, stopLoss } }],
      }),
    )
    const running = await startWatchkeeper({
      env: {},
      config: { ...settings, positions: sets },
    })
    try {
      const given = { ...fields, rules: { net, stopLoss } }
      const ask = async (path: string, body: object, method = 'POST'): Promise<unknown> => {
        const headers = { 'content-type': 'application/json' }
        const init = { method, headers, body: JSON.stringify(body) }
        const answer = await (await fetch(`${running.url}/${path}`, init)).json()
        return (answer as { warnings?: unknown }).warnings
      }
      const cause = 'no net: expected a venue that takes resting stops (restingStop)'
      const expected = [`rules.net: ${cause}`]
      const named = [`file-1: ${cause}`, `holdings.defaultRules: ${cause}`]
      expect(running.warnings).to.include.members(named)
      expect(await ask('api/positions', { id: 'http-1', ...given })).to.deep.equal(expected)
      await ask('api/positions', { id: 'http-2', ...fields, rules: { stopLoss } })
      const path = 'api/positions/http-2'
      expect(await ask(path, { rules: { net } }, 'PATCH')).to.deep.equal(expected)
      expect(await ask(`${path}/rules/preview`, { rules: { net } })).to.deep.equal(expected)
      const alert = { id: 'a1', verb: 'guard', position: 'tv-1', instrument: 'ACME', side: 'long' }
      const numbers = { quantity: '2', price: '100' }
      const hook = `hooks/tradingview/${secret}`
      expect(await ask(hook, { ...alert, ...numbers })).to.deep.equal(expected)
      expect((await running.guard({ id: 'embedded', ...given })).warnings).to.deep.equal(expected)
      const file = folder.file(
        'one.json',
        JSON.stringify({ positions: [{ id: 'cli-1', ...given }] }),
      )
      const { stderr } = await cliHere(['positions', 'add', '--file', file, '--url', running.url])
      expect(stderr).to.equal(`warning: cli-1: ${expected[0]}\n`)
    } finally {
      await running.stop()
    }
  })
})
