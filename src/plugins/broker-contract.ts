import assert from 'node:assert/strict'
import { NotSent } from '../errors.ts'
import type { Capabilities } from '../ports/broker.ts'
import { ACME, failureOf, idOf, oneOf, QUIET } from './broker-bench.ts'
import { PROOF_CASES } from './broker-contract-proofs.ts'
import type { ContractCase } from './contract-case.ts'

const HOLDING_CASES: readonly ContractCase[] = [
  {
    name: 'sends nothing that was aborted before',
    async run(bench) {
      const key = await bench.given(ACME, 'long', 5)
      const aborted = AbortSignal.abort()
      const { broker } = bench
      assert.ok((await failureOf(broker.placeExit(bench.anExit(key), aborted))) instanceof NotSent)
      assert.ok((await failureOf(broker.cancel(idOf('a'), aborted))) instanceof NotSent)
      assert.deepEqual(await bench.venue.fills(), [])
    },
  },
  {
    name: 'rejects immediately on an abort, also queries',
    async run(bench) {
      const key = await bench.given(ACME, 'long', 5)
      const aborted = AbortSignal.abort()
      const questions: Promise<{ readonly kind: string }>[] = [
        bench.broker.holding(key, aborted),
        bench.broker.orderByClientId(idOf('a'), aborted),
      ]
      for (const answer of await Promise.allSettled(questions)) {
        if (answer.status === 'fulfilled') assert.notEqual(answer.value.kind, 'flat')
      }
    },
  },
  ...(['long', 'short'] as const).map((side): ContractCase => ({
    name: `closes a ${side} by the requested quantity`,
    async run(bench) {
      const sign = side === 'long' ? 1 : -1
      const key = await bench.given(ACME, side, 5)
      await bench.holds(key, 5 * sign)
      assert.equal((await bench.place(key, { side })).kind, 'acknowledged')
      await bench.holds(key, 3 * sign)
      assert.equal(await bench.filled(), 2)
    },
  })),
  {
    name: 'proves by key that a holding is flat, and does not list it any more',
    async run(bench) {
      const key = await bench.given(ACME, 'long', 2)
      await bench.place(key)
      const report = await bench.seen(() => bench.holdingOf(key), 'flat')
      if (report.kind === 'flat') assert.ok(report.ageMs >= 0 && report.ageMs <= 60_000)
      await bench.eventually(async () =>
        assert.deepEqual(await bench.broker.holdings(bench.signal), []),
      )
    },
  },
  {
    name: 'never reports a holding that was not put there',
    async run(bench) {
      await bench.given(ACME, 'long', 2)
      const { holdings: model } = bench.capabilities
      const apart = {
        ...(model === 'sides' && { side: 'short' as const }),
        ...(model === 'tickets' && { ticket: 'none' }),
      }
      for (const instrument of model === 'net' ? [QUIET] : [QUIET, ACME]) {
        oneOf((await bench.holdingOf({ instrument, ...apart })).kind, ['flat', 'unknown'])
      }
    },
  },
  {
    name: 'treats an incomplete key as no proof',
    when: ({ holdings }) => holdings !== 'net',
    async run(bench) {
      await bench.given(ACME, 'long', 2)
      assert.notEqual((await bench.holdingOf({ instrument: ACME })).kind, 'flat')
    },
  },
  {
    name: 'lists its holdings, each once and with its distinguishing fields',
    async run(bench) {
      const keys = [await bench.given(ACME, 'long', 5), await bench.given(QUIET, 'short', 3)]
      const ask = (): Promise<readonly { instrument: string; quantity: number }[]> =>
        bench.broker.holdings(bench.signal)
      await bench.eventually(async () => assert.equal((await ask()).length, 2))
      const list = await bench.broker.holdings(bench.signal)
      assert.deepEqual(
        list.map(({ quantity }) => quantity).toSorted((a, b) => a - b),
        [-3, 5],
      )
      for (const held of list) {
        const key = keys.find(({ instrument }) => instrument === held.instrument)!
        for (const [field, value] of Object.entries(key))
          assert.equal((held as unknown as Record<string, unknown>)[field], value)
        const { holdings: model } = bench.capabilities
        if (model === 'sides') assert.equal(held.side, held.quantity > 0 ? 'long' : 'short')
        if (model === 'tickets') assert.notEqual(held.ticket, undefined)
      }
    },
  },
  {
    name: 'holds a long and a short of one instrument apart',
    when: ({ holdings }) => holdings !== 'net',
    async run(bench) {
      const long = await bench.given(ACME, 'long', 5)
      const short = await bench.given(ACME, 'short', 5)
      await bench.place(short, { side: 'short' })
      await bench.holds(short, -3)
      await bench.holds(long, 5)
    },
  },
]

const OTHER_CASES: readonly ContractCase[] = [
  {
    name: 'quotes instruments with a price and leaves out the others',
    async run({ broker, signal }) {
      const ticks = await broker.quotes([ACME, QUIET], signal)
      assert.deepEqual(
        ticks.map(({ instrument, price }) => [instrument, price]),
        [[ACME, 90]],
      )
      assert.deepEqual(await broker.quotes([], signal), [])
    },
  },
  {
    name: 'lists working orders where it supports that, with remaining quantity and direction',
    async run(bench) {
      if (bench.broker.openOrders === undefined) return
      const key = await bench.given(QUIET, 'long', 5)
      const listed = async () => bench.broker.openOrders!(bench.signal)
      await bench.place(key)
      const order = { clientOrderId: idOf('a'), instrument: QUIET, remaining: -2 }
      await bench.eventually(async () => assert.deepEqual(await listed(), [order]))
      await bench.cancel(idOf('a'), QUIET)
      await bench.eventually(async () => assert.deepEqual(await listed(), []))
    },
  },
  {
    name: 'accepts a client order id of the declared length',
    async run(bench) {
      const id = 'wk'.padEnd(bench.capabilities.clientOrderIdLength, '7') as ReturnType<typeof idOf>
      const key = await bench.given(ACME, 'long', 5)
      assert.equal((await bench.place(key, { clientOrderId: id })).kind, 'acknowledged')
      assert.deepEqual(
        (await bench.venue.fills()).map(fill => fill.clientOrderId),
        [id],
      )
    },
  },
  {
    name: 'lets calls in flight end before it closes, and accepts none after that',
    async run(bench) {
      const key = await bench.given(ACME, 'long', 5)
      const answer = bench.place(key)
      await bench.broker.close()
      assert.equal((await answer).kind, 'acknowledged')
      assert.equal(await bench.filled(), 2)
    },
  },
]

/** Every promise that a broker with these capabilities makes. */
export const contractOf = (capabilities: Capabilities): readonly ContractCase[] =>
  [...HOLDING_CASES, ...PROOF_CASES, ...OTHER_CASES].filter(({ when = () => true }) =>
    when(capabilities),
  )
