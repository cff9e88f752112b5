import { expect } from 'chai'
import type { z } from 'zod'
import type { Operation } from '../../src/http/operation.ts'
import { operations } from '../support/api-operations.ts'
import { AskedAccount, P1, type Asked, type Seen } from '../support/asked-account.ts'

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
}

const asked = (name: string, body: unknown): Asked => {
  const [method, path] = name.split(' ') as [string, string]
  return { method, path: path.replace(':id', 'p1').replaceAll(/:\w+/g, 'x'), body }
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
}

/** Values of which each field takes some and refuses the others. */
const VALUES: readonly unknown[] = [
  ...[null, true, 'x', '', 'x'.repeat(201), 'a\nb', 7, 1.5, 0, -1, 1e300],
  ...[[], ['x'], {}, { x: 1 }, { x: null }],
]

const nameOf = ({ method, path }: Operation): string => `${method.toUpperCase()} ${path}`
const fieldsOf = ({ body }: Operation): Readonly<Record<string, z.ZodType>> =>
  (body as z.ZodObject<Record<string, z.ZodType>> | undefined)?.shape ?? {}

interface Fault {
  readonly path: string
  readonly found: string
  readonly expected: string
}

describe('the body of each operation', () => {
  const changing = operations()
    .map(({ operation }) => operation)
    .filter(({ method, takesAnyType }) => method !== 'get' && takesAnyType !== true)
  const withFields = changing.filter(({ body }) => body !== undefined)
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

  /** What new accounts show after the request that the changes of an operation begin with. */
  const bases = new Map<string, Promise<Seen>>()

  function baseOutcome(name: string, body: Body, before?: Change['before']): Promise<Seen> {
    const key = `${name} ${JSON.stringify(body)} ${before?.name}`
    const found = bases.get(key) ?? outcome(name, body, before)
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

  for (const operation of withFields) {
    const name = nameOf(operation)
    const fields = fieldsOf(operation)

    it(`gives the same twice: ${name}`, async () => {
      const body = BASES[name]!
      expect(await outcome(name, body)).to.deep.equal(await baseOutcome(name, body))
    })

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
        const wrong = VALUES.filter(value => !shape.safeParse(value).success)
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

  for (const operation of changing) {
    const name = nameOf(operation)
    it(`is refused with another field: ${name}`, async () => {
      const [fault] = await faults(name, { ...BASES[name], colour: 'red' })
      expect(fault).to.include({ path: 'colour', found: 'the unknown field "colour"' })
    })
  }
})
