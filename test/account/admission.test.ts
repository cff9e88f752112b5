import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { seed } from '../../src/app/sync-positions.ts'
import { LastAnswers } from '../../src/calls/last-answers.ts'
import { parsePositions } from '../../src/config/positions-file.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { describeFault, InputError } from '../../src/errors.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import { Meters } from '../../src/observability/meters.ts'
import type { Control } from '../../src/ports/control.ts'
import { AccountControl } from '../../src/views/control.ts'
import { BAD_NAMES, BAD_NUMBERS } from '../support/bad-values.ts'
import { aPosition } from '../support/builders.ts'
import { cliHere } from '../support/cli-here.ts'
import { aDesk } from '../support/desk.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const ACME = instrumentId('ACME')
const START = Date.UTC(2026, 0, 5, 12)
const HOUR = 3_600_000
const STOP_5 = { stopLoss: { pct: 5 } }
const POSITION = { id: 'p1', instrument: 'ACME', side: 'long', quantity: 2, entryPrice: 100 }

type Given = Readonly<Record<string, unknown>>

/** The message with which an entrance refused a position or warned about it; undefined: none. */
interface Answer {
  readonly isTaken: boolean
  readonly words: string | undefined
}

describe('a position at each entrance', () => {
  let keeper: MemoryRepository
  let venue: TestVenue
  let account: Account
  let control: AccountControl
  /** One server for the account of each test in turn. */
  let server: HttpServer | undefined
  let folder: string
  let now: number
  let isStrict: boolean

  async function open(): Promise<void> {
    const clock = { now: () => now, monotonic: () => now }
    account = await openAccount({
      keeper,
      clock,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      timers: machineTimers,
      callTimeoutMs: 1_000,
      skewMs: 5_000,
      onLine: () => undefined,
      onFatal: error => {
        throw error
      },
    })
    control = new AccountControl({
      account,
      clock,
      desk: aDesk(),
      answers: new LastAnswers(() => 0),
      performance: new Meters(clock),
      store: {
        journal: () => Promise.resolve(keeper.lines),
      },
      backup: async function* () {},
      version: '1',
      isStrict,
      ruleSets: new Map(),
      healthMaxAgeMs: 10_000,
      healthAgeMs: () => 0,
      log: { levels: {} as never, setLevel: () => undefined },
      metrics: () => Promise.resolve(''),
      health: () => ({ status: 'pass', at: now, output: [], checks: {} }),
      refreshHealth: () => undefined,
      readiness: () => ({ ready: true }),
    })
    server ??= await serveHttp({ control: present(), host: '127.0.0.1', port: 0 })
  }

  /** The control of the account that is open now. */
  const present = (): Control =>
    new Proxy<Control>(control, {
      get: (_first, name) => {
        const value: unknown = Reflect.get(control, name, control)
        return typeof value === 'function' ? (value.bind(control) as unknown) : value
      },
    })

  before(() => (folder = mkdtempSync(join(tmpdir(), 'watchkeeper-doors-'))))
  after(async () => {
    await server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    keeper = new MemoryRepository()
    venue = new TestVenue()
    now = START
    isStrict = false
    await open()
  })

  afterEach(() => account.stop())

  async function tick(price: number, instrument = ACME): Promise<void> {
    account.tick({ instrument, ts: ++now, price })
    await account.settled()
  }

  const post = async (given: Given | string): Promise<[number, Given]> => {
    const response = await fetch(`http://127.0.0.1:${server!.port}/api/positions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: jsonOf(given),
    })
    return [response.status, (await response.json()) as Given]
  }

  const cli = (...args: string[]) =>
    cliHere(['positions', ...args], {
      env: { WATCHKEEPER_URL: `http://127.0.0.1:${server!.port}` },
    })

  const isOpen = (id: string): boolean => account.state.positions.open.has(positionId(id))
  const rowOf = (id: string) => account.state.positions.get(positionId(id))!
  const stateOf = (id: string) => account.coverage.standingOf(rowOf(id))

  const fromFile = async (given: Given | string): Promise<Answer> => {
    try {
      const text = `{"positions":[${jsonOf(given)}]}`
      const { entries, odd } = parsePositions({ source: 'file', text })
      const { refused, noted } = await seed(account, entries)
      const said = [...refused, ...noted, ...odd.map(describeFault)]
      return { isTaken: refused.length === 0, words: wordsOf(said[0]) }
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      return { isTaken: false, words: wordsOf(describeFault(error.faults[0]!)) }
    }
  }

  const fromHttp = async (given: Given | string): Promise<Answer> => {
    const [status, body] = await post(given)
    const said = status === 201 ? (body['warnings'] as string[])[0] : String(body['detail'])
    return { isTaken: status === 201, words: wordsOf(said) }
  }

  const fromCli = async (given: Given | string): Promise<Answer> => {
    const file = join(folder, 'more.json')
    writeFileSync(file, `{"positions":[${jsonOf(given)}]}`)
    const { code, stderr } = await cli('add', '--file', file)
    return { isTaken: code === 0, words: wordsOf(stderr) }
  }

  const DOORS = { fromFile, fromHttp, fromCli }

  /** Uses the id of the position once. */
  async function close(): Promise<void> {
    await account.add(aPosition({ openedAt: now, quantity: 2 }), STOP_5, 'test')
    await tick(100)
    await account.release(positionId('p1'), 'test')
  }

  const REFUSED: readonly [
    what: string,
    given: Given,
    words: RegExp,
    before?: () => Promise<void>,
  ][] = [
    ['a quantity of nothing', { quantity: 0 }, /^found 0, expected a number above 0/],
    ['a quoted number', { quantity: '2' }, /^found "2", expected a number above 0, without quotes/],
    ['an unknown side', { side: 'buy' }, /^found "buy", expected long or short/],
    ['an id that is a number', { id: 7 }, /^found the number 7, expected a string: quote it/],
    ['an unknown field', { qty: 2 }, /^found the unknown field "qty", expected/],
    ['a time without a zone', { openedAt: '2026-01-05 09:15' }, /^found "2026-01-05 09:15"/],
    ['a rule that is none', { rules: { stopLos: {} } }, /^found the rule "stopLos", expected/],
    ['null in place of a rule', { rules: { stopLoss: null } }, /^found an empty value, expected/],
    ['a flag that is a text', { exitNow: 'yes' }, /^found "yes", expected true or false/],
    [
      'a time an hour ahead of the clock',
      { openedAt: START + HOUR },
      /^found openedAt 2026-01-05T13:00:00Z, 3600 s ahead of the clock, expected a time up to now, or opensLater/,
    ],
    [
      'a deadline that is past',
      { openedAt: START - 2 * HOUR, rules: { maxHold: { ms: HOUR } } },
      /^found that the time of maxHold is past \(2026-01-05T11:00:00Z\); expected .* exitNow/,
    ],
    [
      'a stop that the price has crossed',
      { id: 'p2', entryPrice: 120 },
      /^found that the price 100 is past the stop 114 of stopLoss; expected .* exitNow/,
      async () => {
        await account.add(aPosition({ openedAt: now, quantity: 2 }), STOP_5, 'test')
        await tick(100)
      },
    ],
    [
      'the id of a position that is over',
      { quantity: 3 },
      /^found that it has ended by release at 2026-01-05T12:00:00Z; expected another id, or reopen/,
      close,
    ],
  ]

  for (const [what, but, words, before] of REFUSED) {
    for (const [door, ask] of Object.entries(DOORS)) {
      it(`is refused with the same message ${door}: ${what}`, async () => {
        await before?.()
        const given = { ...POSITION, rules: STOP_5, ...but }
        const answer = await ask(given)
        expect([answer.isTaken, isOpen(given.id)]).to.deep.equal([false, false])
        expect(answer.words).to.match(words)
      })
    }
  }

  it('is refused over HTTP with OPENS_LATER for a time ahead of the clock', async () => {
    const [status, body] = await post({ ...POSITION, rules: STOP_5, openedAt: START + HOUR })
    expect([status, body['code']]).to.deep.equal([409, 'OPENS_LATER'])
  })

  for (const [what, name] of BAD_NAMES) {
    for (const [door, ask] of Object.entries(DOORS)) {
      it(`has no id, instrument, account, ticket or underlying ${door} with ${what}`, async () => {
        for (const field of ['id', 'instrument', 'account', 'ticket', 'underlying']) {
          const { isTaken, words } = await ask({ ...POSITION, rules: STOP_5, [field]: name })
          expect([field, isTaken, account.state.positions.open.size]).to.deep.equal([
            field,
            false,
            0,
          ])
          expect(words).to.match(
            /^found ".*, expected a string of 1 to 200 characters without control/,
          )
          expect(words).to.match(/^[\x20-\x7e…\ufffd]+$/)
        }
      })
    }
  }

  const whole = (quantity: string): string =>
    `{"id":"p1","instrument":"ACME","side":"long","quantity":${quantity},"entryPrice":100,"rules":{"stopLoss":{"pct":5}}}`

  const UNCLEAR: readonly [what: string, text: string, words: RegExp][] = [
    ...BAD_NUMBERS.map((number): [string, string, RegExp] => [
      number,
      whole(number),
      new RegExp(`^found the number ${number}, expected a number that a double can hold`),
    ]),
    [
      'a doubled key',
      whole('1,"quantity":2'),
      /^found the key "quantity" twice, expected each key once/,
    ],
  ]

  for (const [what, text, words] of UNCLEAR) {
    for (const [door, ask] of Object.entries(DOORS)) {
      it(`is refused with the same message ${door} because it is ambiguous: ${what}`, async () => {
        const answer = await ask(text)
        expect([answer.isTaken, account.state.positions.open.size]).to.deep.equal([false, 0])
        expect(answer.words).to.match(words)
      })
    }
  }

  it('keeps its rules where a change has a duplicate key or a number that no double holds', async () => {
    await account.add(aPosition({ id: positionId('old'), openedAt: now }), STOP_5, 'test')
    for (const [text, words] of [
      ['{"stopLoss":{"pct":4,"pct":3}}', 'found the key "pct" twice, expected each key once'],
      [
        '{"stopLoss":{"pct":1e400}}',
        'found the number 1e400, expected a number that a double can hold',
      ],
    ] as const) {
      const response = await fetch(`http://127.0.0.1:${server!.port}/api/positions/old`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: `{"rules":${text}}`,
      })
      const { stderr } = await cli('rules', 'old', '--rules', text)
      expect([
        response.status,
        wordsOf(((await response.json()) as Given)['detail'] as string),
      ]).to.deep.equal([422, words])
      expect(stderr).to.include(words)
      expect(rowOf('old').rules).to.deep.equal(STOP_5)
    }
  })

  const WARNED: readonly [what: string, given: Given, words: RegExp][] = [
    ['a fraction', { rules: { stopLoss: { pct: 0.05 } } }, /^found 0.05, expected a percentage/],
    ['no rule', { rules: {} }, /^found a rule set without a rule, expected at least one/],
    [
      'a time two seconds ahead of the clock',
      { openedAt: START + 2_000 },
      /^found a time 2000 ms ahead of the clock, now is taken/,
    ],
  ]

  for (const [what, but, words] of WARNED) {
    for (const [door, ask] of Object.entries(DOORS)) {
      it(`is taken with the same warning ${door}: ${what}`, async () => {
        const { isTaken, words: said } = await ask({ ...POSITION, rules: STOP_5, ...but })
        expect([isTaken, rowOf('p1').position.openedAt]).to.deep.equal([true, now])
        expect(said).to.match(words)
      })
    }
  }

  it('is refused for warnings where the service is strict, also over HTTP', async () => {
    await account.stop()
    isStrict = true
    await open()
    const { isTaken, words } = await fromHttp({ ...POSITION, rules: { stopLoss: { pct: 0.05 } } })
    expect([isTaken, isOpen('p1')]).to.deep.equal([false, false])
    expect(words).to.match(/^found 0.05, expected a percentage/)
  })

  const ALLOWED: readonly [what: string, given: Given, before?: () => Promise<void>][] = [
    ['a time ahead, with opensLater', { openedAt: START + HOUR, opensLater: true }],
    [
      'a deadline that is past, with exitNow',
      { openedAt: START - 2 * HOUR, rules: { maxHold: { ms: HOUR } }, exitNow: true },
    ],
    ['a used id, with reopen', { quantity: 3, reopen: true }, close],
  ]

  for (const [what, but, before] of ALLOWED) {
    for (const [door, ask] of Object.entries(DOORS)) {
      it(`is accepted where the option for it is set ${door}: ${what}`, async () => {
        await before?.()
        const { isTaken, words } = await ask({ ...POSITION, rules: STOP_5, ...but })
        expect([isTaken, words]).to.deep.equal([true, undefined])
      })
    }
  }

  const RULES: readonly [what: string, rules: unknown, words: RegExp][] = [
    [
      'a name that is none',
      { stopLos: { pct: 5 } },
      /^found the rule "stopLos", expected .*stopLoss/,
    ],
    ['a value of nothing', { stopLoss: { pct: 0 } }, /^found 0, expected a number above 0/],
    ['a quoted number', { stopLoss: { pct: '5' } }, /^found "5", expected a number/],
    [
      'two levels',
      { stopLoss: { pct: 5, price: 9 } },
      /^found 9, expected exactly one of pct, price/,
    ],
    [
      'a time zone that is none',
      { sessionEnd: { at: '15:55', timezone: 'Mars/X' } },
      /^found "Mars/,
    ],
    ['no instrument', { underlying: { below: 9 } }, /^found an underlying rule without/],
    ['a text', 'swing', /^found the unknown rule set "swing"/],
  ]

  for (const [what, rules, words] of RULES) {
    it(`has its rules refused with the same message as a new and as a guarded one: ${what}`, async () => {
      await account.add(aPosition({ id: positionId('old'), openedAt: now }), STOP_5, 'test')
      await tick(100)
      for (const ask of Object.values(DOORS)) {
        expect((await ask({ ...POSITION, rules })).words).to.match(words)
      }
      const response = await fetch(`http://127.0.0.1:${server!.port}/api/positions/old`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ rules }),
      })
      const { code, detail } = (await response.json()) as { code: string; detail: string }
      expect([code, wordsOf(detail)]).to.satisfy(
        ([is, said]: [string, string]) => is === 'BAD_INPUT' && words.test(said),
      )
      if (typeof rules !== 'object') return
      const { stderr } = await cli('rules', 'old', '--rules', JSON.stringify(rules))
      expect(wordsOf(stderr)).to.match(words)
      expect(rowOf('old').rules).to.deep.equal(STOP_5)
    })
  }

  it('is refused over HTTP under a used id, also with the same content', async () => {
    await close()
    const [status, body] = await post({ ...POSITION, rules: STOP_5 })
    expect([status, body['code']]).to.deep.equal([409, 'POSITION_CLOSED'])
  })

  it('stays closed where the file still contains it, and no warning is given', async () => {
    await close()
    expect(await fromFile({ ...POSITION, rules: STOP_5 })).to.deep.equal({
      isTaken: true,
      words: undefined,
    })
    // A flag that is left in the file opens no position again.
    await fromFile({ ...POSITION, rules: { stopLoss: { pct: 4 } }, reopen: true })
    expect(isOpen('p1')).to.equal(false)
  })

  it('is a new position under a used id when it was opened at another time', async () => {
    await fromFile({ ...POSITION, rules: STOP_5, openedAt: START - HOUR })
    await tick(100)
    await account.release(positionId('p1'), 'test')
    expect((await fromFile({ ...POSITION, rules: STOP_5, openedAt: START - HOUR })).words).to.equal(
      undefined,
    )
    const { isTaken } = await fromFile({ ...POSITION, rules: STOP_5, openedAt: START - 60_000 })
    expect(isTaken).to.equal(false)
    await account.settled()
    const refused = keeper.lines.filter(({ kind }) => kind === 'entry-refused')
    expect(refused.map(each => [each['for'], each['code']])).to.deep.equal([
      ['p1', 'POSITION_CLOSED'],
    ])
    expect([...account.state.refusedEntries.keys()]).to.deep.equal(['p1'])
  })

  it('reports how an earlier position of its id ended', async () => {
    await account.add(aPosition({ openedAt: now, quantity: 2 }), STOP_5, 'test')
    await tick(100)
    await tick(94)
    for (let turn = 0; turn < 5; turn++) {
      now += 1_000
      account.cycle()
      await account.settled()
    }
    const [, body] = await post({ ...POSITION, rules: STOP_5 })
    expect(body['detail']).to.match(/found that it has ended by stop-loss at 94 at 2026-01-05/)
  })

  describe('without a price yet', () => {
    const lines = (): string[] => keeper.lines.map(({ kind }) => kind)

    it('is tested at its first price, which refuses it and sends nothing where it would exit it at once', async () => {
      await fromFile({ ...POSITION, rules: STOP_5 })
      await tick(90)
      await tick(80)
      expect(lines()).to.deep.equal(['position-added', 'entry-refused'])
      expect(stateOf('p1')).to.deep.equal({ state: 'unguarded', cause: 'entry' })
      expect(account.engine.registry.get(positionId('p1'))).to.equal(undefined)
      expect(account.coverage.sweep().counts).to.include({ unguarded: 1, guarded: 0 })
      const amended = await account.changes
        .amend(positionId('p1'), { quantity: 3, force: false, exitNow: false }, 'test')
        .catch((error: Error) => error.message)
      expect(amended).to.match(/^p1 has no guard: found an entry that was refused/)
    })

    it('is guarded from the first price on that does not exit it', async () => {
      await fromFile({ ...POSITION, rules: STOP_5 })
      await tick(96)
      expect([stateOf('p1').state, rowOf('p1').entry]).to.deep.equal(['guarded', undefined])
      await tick(95)
      expect(lines()).to.include('exit-intended')
    })

    it('is exited by its first price where exitNow is set', async () => {
      await fromFile({ ...POSITION, rules: STOP_5, exitNow: true })
      await tick(90)
      expect(lines()).to.include('exit-intended')
    })

    const restart = async (): Promise<void> => {
      await account.stop()
      await open()
      await account.settled()
    }

    it('is evaluated by the first price again when a restart reads its file, and not exited by it', async () => {
      const given = { ...POSITION, rules: STOP_5 }
      await fromFile(given)
      await tick(90)
      await restart()
      await fromFile(given)
      await tick(89)
      expect(stateOf('p1')).to.deep.equal({ state: 'unguarded', cause: 'entry' })
      await restart()
      await fromFile({ ...given, rules: { stopLoss: { pct: 4 } } })
      await tick(88)
      expect(stateOf('p1').cause).to.equal('entry')
      expect(lines()).to.not.include('exit-intended')
      await restart()
      await fromFile({ ...given, rules: { stopLoss: { pct: 4 } } })
      await tick(97)
      expect([stateOf('p1').state, rowOf('p1').entry]).to.deep.equal(['guarded', undefined])
      await tick(95)
      expect(lines()).to.include('exit-intended')
    })

    it('has no journal line of changed rules where a restart reads the same', async () => {
      const given = { ...POSITION, rules: STOP_5 }
      await fromFile(given)
      await tick(90)
      await restart()
      await fromFile(given)
      expect(lines()).to.deep.equal(['position-added', 'entry-refused'])
      await restart()
      await fromFile({ ...given, rules: { stopLoss: { pct: 4 } } })
      expect(keeper.lines.at(-1)!['changes']).to.deep.equal([
        { rule: 'stopLoss', change: 'changed' },
      ])
    })

    it('shows the price that has refused it, and later ones', async () => {
      await fromFile({ ...POSITION, rules: STOP_5 })
      const shown = (): unknown => control.why('p1')!.position.lastPrice
      expect(shown()).to.equal(null)
      await tick(90)
      expect(shown()).to.equal(90)
      await tick(89)
      expect(shown()).to.equal(89)
      const { stdout } = await cliHere(['why', 'p1'], {
        env: { WATCHKEEPER_URL: `http://127.0.0.1:${server!.port}` },
      })
      expect(stdout).to.match(/unguarded; last price 89, \d/)
    })

    it('still shows a price after a restart that leaves it refused', async () => {
      await fromFile({ ...POSITION, rules: STOP_5 })
      await tick(90)
      await restart()
      await tick(88)
      expect(stateOf('p1').cause).to.equal('entry')
      expect(control.why('p1')!.position.lastPrice).to.equal(88)
    })

    it('still waits for its first price after a kill, and stays refused after another', async () => {
      await fromFile({ ...POSITION, rules: STOP_5 })
      await restart()
      await tick(90)
      expect(stateOf('p1').cause).to.equal('entry')
      await restart()
      await tick(80)
      expect(stateOf('p1').cause).to.equal('entry')
      expect(lines()).to.not.include('exit-intended')
    })

    it('is exited after a kill by the first price where it was guarded before', async () => {
      await fromFile({ ...POSITION, rules: STOP_5 })
      await tick(100)
      await account.stop()
      await open()
      await account.settled()
      await tick(90)
      expect(lines()).to.include('exit-intended')
    })

    it('is tested at the first price of its underlying as well', async () => {
      const rules = { ...STOP_5, underlying: { instrument: 'INDEX', below: 50 } }
      await fromFile({ ...POSITION, rules })
      await tick(100)
      expect(stateOf('p1').state).to.equal('guarded')
      await tick(40, instrumentId('INDEX'))
      expect(stateOf('p1').cause).to.equal('entry')
      expect(lines()).to.not.include('exit-intended')
    })

    it('keeps its deadlines, which need no price', async () => {
      await fromFile({ ...POSITION, rules: { ...STOP_5, maxHold: { ms: HOUR } } })
      now += HOUR + 1
      account.cycle()
      await account.settled()
      expect(lines()).to.include('exit-intended')
    })

    it('is guarded after a change of its rules, or exited by hand', async () => {
      for (const id of ['p1', 'p2']) await fromFile({ ...POSITION, id, rules: STOP_5 })
      await tick(90)
      const stop = '{"stopLoss":{"price":80}}'
      const refused = await cli('rules', 'p1', '--rules', '{}')
      expect([refused.code, refused.stderr]).to.satisfy(
        ([code, text]: [number, string]) => code === 1 && text.includes('EXITS_AT_ONCE'),
      )
      const { code, stderr } = await cli('rules', 'p1', '--rules', stop, '--force')
      expect([code, stderr]).to.deep.equal([0, ''])
      await tick(91)
      expect(stateOf('p1').state).to.equal('guarded')
      await cli('exit', 'p2', '--yes')
      await account.settled()
      const exits = keeper.lines.filter(({ kind }) => kind === 'exit-intended')
      expect(exits.map(({ positionId: id }) => id)).to.deep.equal(['p2'])
    })
  })
})

const jsonOf = (given: Given | string): string =>
  typeof given === 'string' ? given : JSON.stringify(given)

/** The message after its path: what was found, and what is expected. */
const wordsOf = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : /found .*/.exec(text)?.[0]
