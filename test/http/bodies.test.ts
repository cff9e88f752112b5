import { expect } from 'chai'
import { z } from 'zod'
import { FREQTRADE_FIELDS } from '../../src/http/hooks/freqtrade.ts'
import { TRADINGVIEW_FIELDS } from '../../src/http/hooks/tradingview.ts'
import type { Operation } from '../../src/http/operation.ts'
import { operations } from '../support/api-operations.ts'
import { AskedAccount, HOOKS, P1, type Asked, type Seen } from '../support/asked-account.ts'
import { ODD_VALUES } from '../support/bad-values.ts'

type Body = Readonly<Record<string, unknown>>

/** Two requests that differ in one field. */
interface Change {
  /** The field in the second request. */
  readonly to: unknown
  /** Fields in place of those of `BASES` in both requests. */
  readonly with?: Body
  /** Runs before the request. */
  readonly before?: (account: AskedAccount) => Promise<unknown>
}

const NEW = { ...P1, id: 'p2' }
const TIGHTER = { rules: { stopLoss: { pct: 4 } } }
/** A stop that the price of 100 has passed. */
const PASSED = { rules: { stopLoss: { price: 100.5 } } }
const LATER = Date.parse('2026-11-29T12:00:00Z')

/** A body of each operation that the service takes. */
const BASES: Readonly<Record<string, Body>> = {
  'POST /api/positions': NEW,
  'PATCH /api/positions/:id': TIGHTER,
  'POST /api/positions/:id/rules/preview': TIGHTER,
  'POST /api/kill-switch': { state: 'block' },
  'POST /api/portfolio/realised': { amount: -10 },
  'POST /api/log-levels': { component: 'exits', level: 'debug' },
  'POST /hooks/freqtrade/:secret entry_fill': {
    event: 'entry_fill',
    trade_id: '7',
    pair: 'ACME',
    direction: 'long',
    open_rate: '100',
    amount: '2',
  },
  'POST /hooks/freqtrade/:secret exit_fill': { event: 'exit_fill', trade_id: '7' },
  'POST /hooks/tradingview/:secret guard': {
    verb: 'guard',
    id: 'a1',
    position: 'tv-1',
    instrument: 'ACME',
    side: 'long',
    quantity: '2',
    price: '100',
    rules: 'tight',
  },
  'POST /hooks/tradingview/:secret tighten': {
    verb: 'tighten',
    id: 'a1',
    position: 'p1',
    stop: '96',
  },
  'POST /hooks/tradingview/:secret exit': { verb: 'exit', id: 'a1', position: 'p1' },
}

const asked = (name: string, body: unknown): Asked => {
  const [method, path] = name.split(' ') as [string, string]
  const [, kind] = /^\/hooks\/(\w+)/.exec(path) ?? []
  const secret = HOOKS[kind as keyof typeof HOOKS]
  const filled = path.replace(':secret', secret).replace(':id', 'p1').replaceAll(/:\w+/g, 'x')
  return { method, path: filled, body }
}

/** Leaves one exit that `halt` holds. */
const held = async (account: AskedAccount): Promise<void> => {
  await account.ask(asked('POST /api/kill-switch', { state: 'halt' }))
  await account.tick(90)
}

/** Ends `p1`. */
const over = async (account: AskedAccount): Promise<void> => {
  await account.ask(asked('DELETE /api/positions/:id', {}))
}

/** Guards `p2`, too. */
const another = async (account: AskedAccount): Promise<void> => {
  await account.ask(asked('POST /api/positions', NEW))
}

/** Guards `p2` in the part `A1` of the account. */
const inPart = async (account: AskedAccount): Promise<void> => {
  await over(account)
  await account.ask(asked('POST /api/positions', { ...NEW, account: 'A1' }))
}

/** A message about a position of another part of the account, and of its own. */
const OF_PART: Change = { to: 'A1', with: { account: 'A2', position: 'p2' }, before: inPart }

/** For each field what shows that it has an effect. */
const CHANGES: Readonly<Record<string, Readonly<Record<string, readonly Change[]>>>> = {
  'POST /api/positions': {
    id: [{ to: 'p3' }],
    instrument: [{ to: 'OTHER' }],
    side: [{ to: 'short', before: over }],
    quantity: [{ to: 3 }],
    entryPrice: [{ to: 101 }],
    openedAt: [{ to: '2026-11-28T11:00:00Z' }],
    rules: [{ to: { stopLoss: { pct: 4 } } }, { to: 'tight' }],
    account: [{ to: 'A1', before: over }],
    ticket: [{ to: 't1' }],
    product: [{ to: 'margin' }],
    underlying: [{ to: 'INDEX' }],
    multiplier: [{ to: 10 }],
    priceSource: [{ to: 'quote' }],
    contract: [{ to: 'inverse' }],
    exitNow: [{ to: true, with: PASSED }],
    opensLater: [{ to: true, with: { openedAt: LATER } }],
    reopen: [{ to: true, with: { id: 'p1' }, before: over }],
  },
  'PATCH /api/positions/:id': {
    rules: [{ to: { stopLoss: { pct: 3 } } }],
    quantity: [{ to: 1, with: { rules: undefined, entryPrice: 101 } }],
    entryPrice: [{ to: 101, with: { rules: undefined, quantity: 1 } }],
    force: [
      { to: true, with: { rules: { stopLoss: { pct: 8 } } } },
      { to: true, with: { rules: undefined, entryPrice: 90 } },
    ],
    exitNow: [
      { to: true, with: PASSED },
      { to: true, with: { rules: undefined, entryPrice: 110 } },
    ],
  },
  'POST /api/positions/:id/rules/preview': {
    rules: [{ to: { stopLoss: { pct: 3 } } }],
    exitNow: [{ to: true, with: PASSED }],
  },
  'POST /api/kill-switch': {
    state: [{ to: 'flatten' }],
    held: [
      { to: 'send', with: { state: 'off' }, before: held },
      { to: 'discard', with: { state: 'off', held: 'send' }, before: held },
    ],
  },
  'POST /api/portfolio/realised': {
    amount: [{ to: 10 }],
    account: [{ to: 'A1' }],
    underlying: [{ to: 'INDEX' }],
    currency: [{ to: 'EUR' }],
  },
  'POST /api/log-levels': {
    component: [{ to: 'positions' }],
    level: [{ to: 'warn' }],
  },
  'POST /hooks/freqtrade/:secret entry_fill': {
    trade_id: [{ to: '8' }],
    pair: [{ to: 'OTHER' }],
    direction: [{ to: 'short', before: over }],
    open_rate: [{ to: '101' }],
    amount: [{ to: '3' }],
    open_date: [{ to: '2026-11-28 11:00:00+00:00' }],
  },
  'POST /hooks/freqtrade/:secret exit_fill': { trade_id: [{ to: '8' }] },
  'POST /hooks/tradingview/:secret guard': {
    id: [{ to: 'a2' }],
    account: [{ to: 'A1', before: over }],
    position: [{ to: 'tv-2' }],
    instrument: [{ to: 'OTHER' }],
    side: [{ to: 'short', before: over }],
    quantity: [{ to: '3' }],
    price: [{ to: '101' }],
    rules: [{ to: 'tight', with: { rules: undefined } }],
  },
  'POST /hooks/tradingview/:secret tighten': {
    id: [{ to: 'a2' }],
    account: [OF_PART],
    position: [{ to: 'p2', before: another }],
    stop: [{ to: '97' }],
  },
  'POST /hooks/tradingview/:secret exit': {
    id: [{ to: 'a2' }],
    account: [OF_PART],
    position: [{ to: 'p2', before: another }],
  },
}

const nameOf = ({ method, path }: Operation): string => `${method.toUpperCase()} ${path}`

/** A body with the shape of each of its fields. */
interface Taken {
  readonly name: string
  readonly fields: Readonly<Record<string, z.ZodType>>
}

const takenBy = (operation: Operation): Taken => ({
  name: nameOf(operation),
  fields: (operation.body as z.ZodObject<Record<string, z.ZodType>>).shape,
})

/** A field of a message: a text, or a number for a text. */
const TEXT = z.union([z.string().min(1).max(200), z.number()])
const OPTIONAL = ['account', 'rules', 'open_date']

/** The messages of a hook, each with its fields but the one that says which it is. */
const messages = (kind: string, all: Readonly<Record<string, readonly string[]>>): Taken[] =>
  Object.entries(all).map(([word, names]) => {
    const own = names.filter(each => each !== 'verb' && each !== 'event')
    const shapeOf = (each: string) => (OPTIONAL.includes(each) ? TEXT.optional() : TEXT)
    const fields = Object.fromEntries(own.map(each => [each, shapeOf(each)]))
    return { name: `POST /hooks/${kind}/:secret ${word}`, fields }
  })

interface Fault {
  readonly path: string
  readonly found: string
  readonly expected: string
}

describe('the body of each operation', () => {
  const changing = operations()
    .map(({ operation }) => operation)
    .filter(({ method, takesAnyType }) => method !== 'get' && takesAnyType !== true)
  const taken = [
    ...changing.filter(({ body }) => body !== undefined).map(takenBy),
    ...messages('freqtrade', FREQTRADE_FIELDS),
    ...messages('tradingview', TRADINGVIEW_FIELDS),
  ]
  /** Takes only requests that are refused. */
  let refusing: AskedAccount

  /** What it keeps, before any of them. */
  let untouched: unknown

  before(async () => {
    refusing = await new AskedAccount().open()
    untouched = refusing.kept()
  })
  afterEach(() => expect(refusing.kept()).to.deep.equal(untouched))
  after(() => refusing.close())

  /** What new accounts show after the requests that changes begin with. */
  const bases = new Map<string, Seen>()

  /** The same each time, or no difference would show an effect. */
  async function baseOutcome(name: string, body: Body, before?: Change['before']): Promise<Seen> {
    const key = `${name} ${JSON.stringify(body)} ${before?.name}`
    const found = bases.get(key) ?? (await outcome(name, body, before))
    if (!bases.has(key)) expect(await outcome(name, body, before)).to.deep.equal(found)
    bases.set(key, found)
    return found
  }

  /** What a new account shows after a request. */
  async function outcome(name: string, body: Body, before?: Change['before']): Promise<Seen> {
    const account = await new AskedAccount().open()
    try {
      await before?.(account)
      return await account.seen(asked(name, body))
    } finally {
      await account.close()
    }
  }

  /** The faults of a body; fails where it is not refused. */
  async function faults(name: string, body: Body): Promise<readonly Fault[]> {
    const { status, json } = await refusing.ask(asked(name, body))
    const what = `${name} ${JSON.stringify(body).slice(0, 200)}`
    expect([status, json?.['code']], what).to.deep.equal([422, 'BAD_INPUT'])
    return json['faults'] as Fault[]
  }

  for (const { name, fields } of taken) {
    it(`has an entry for each field, and none without a field: ${name}`, () => {
      expect(Object.keys(CHANGES[name] ?? {}).sort()).to.deep.equal(Object.keys(fields).sort())
    })

    for (const [field, changes] of Object.entries(CHANGES[name] ?? {})) {
      it(`has an effect by its field ${field}: ${name}`, async () => {
        for (const { to, with: own, before } of changes) {
          const base = { ...BASES[name], ...own }
          const without = await baseOutcome(name, base, before)
          const changed = { ...base, [field]: to }
          const seen = await outcome(name, changed, before)
          const text = `${JSON.stringify(changed)} ${JSON.stringify(seen.answer.json)}`
          expect(seen.answer.status, text).to.be.below(300)
          expect(seen, text).to.not.deep.equal(without)
        }
      })
    }

    for (const [field, shape] of Object.entries(fields)) {
      it(`is refused where ${field} has another value than its schema takes: ${name}`, async () => {
        const base = { ...BASES[name], ...CHANGES[name]?.[field]?.[0]?.with }
        const wrong = ODD_VALUES.filter(value => !shape.safeParse(value).success)
        expect(wrong).to.include(null)
        for (const value of wrong) {
          const found = await faults(name, { ...base, [field]: value })
          expect(found, JSON.stringify(value)).to.have.length(1)
          expect(found[0]!.path, JSON.stringify(value)).to.match(new RegExp(`^${field}\\b`))
        }
      })
    }

    it(`is refused without a field that it needs: ${name}`, async () => {
      for (const [field, shape] of Object.entries(fields)) {
        if (shape.safeParse(undefined).success) continue
        const [fault] = await faults(name, { ...BASES[name], [field]: undefined })
        expect(fault!.path).to.equal(field)
      }
    })
  }

  for (const name of new Set([...changing.map(nameOf), ...taken.map(each => each.name)])) {
    it(`is refused with another field: ${name}`, async () => {
      const [fault] = await faults(name, { ...BASES[name], colour: 'red' })
      expect(fault).to.include({ path: 'colour', found: 'the unknown field "colour"' })
    })
  }
})
