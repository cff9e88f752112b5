import assert from 'node:assert/strict'
import { ACME, idOf, oneOf, QUIET } from './broker-bench.ts'
import type { ContractCase } from './contract-case.ts'

/** What a broker proves of its orders: by de-duplication, look-ups, reduce-only orders and cancels. */
export const PROOF_CASES: readonly ContractCase[] = [
  {
    name: 'makes one order of an id that is sent several times, at once and later',
    when: ({ dedupe }) => dedupe === 'always',
    async run(bench) {
      const key = await bench.given(ACME, 'long', 10)
      const answers = await Promise.all([1, 2, 3].map(() => bench.place(key)))
      answers.push(await bench.place(key))
      for (const { kind } of answers) oneOf(kind, ['acknowledged', 'duplicate'])
      assert.equal(await bench.filled(), 2)
    },
  },
  {
    name: 'makes no second order of an id whose order was cancelled',
    when: ({ dedupe }) => dedupe === 'always',
    async run(bench) {
      const key = await bench.given(QUIET, 'long', 5)
      await bench.place(key)
      await bench.cancel(idOf('a'), QUIET)
      const answer = await bench.place(key)
      if (answer.kind === 'acknowledged') assert.notEqual(answer.order?.kind, 'working')
      await bench.venue.price(QUIET, 80)
      assert.equal(await bench.filled(), 0)
    },
  },
  {
    name: 'makes no second order of an id while the first one works',
    when: ({ dedupe }) => dedupe !== 'never',
    async run(bench) {
      const key = await bench.given(QUIET, 'long', 10)
      await bench.place(key)
      oneOf((await bench.place(key)).kind, ['acknowledged', 'duplicate'])
      await bench.venue.price(QUIET, 80)
      await bench.eventually(async () => assert.equal(await bench.filled(), 2))
    },
  },
  {
    name: 'finds an order by its id while it works and after it is filled',
    when: ({ lookup }) => lookup === 'complete',
    async run(bench) {
      const key = await bench.given(QUIET, 'long', 5)
      await bench.place(key)
      const working = await bench.seen(() => bench.stateOf(idOf('a'), QUIET), 'working')
      if (working.kind === 'working')
        assert.deepEqual(working.executed, { quantity: 0, price: null })
      await bench.venue.price(QUIET, 80)
      const state = await bench.seen(() => bench.stateOf(idOf('a'), QUIET), 'filled')
      if (state.kind !== 'filled') return
      assert.equal(state.executed.quantity, 2)
      oneOf(state.executed.price, [80, null])
    },
  },
  {
    name: 'finds no order that was never sent',
    when: ({ lookup }) => lookup === 'complete',
    async run(bench) {
      assert.deepEqual(await bench.stateOf(idOf('never')), { kind: 'absent' })
    },
  },
  {
    name: 'finds an order by its id while it works',
    when: ({ lookup }) => lookup === 'open-only',
    async run(bench) {
      const key = await bench.given(QUIET, 'long', 5)
      await bench.place(key)
      await bench.seen(() => bench.stateOf(idOf('a'), QUIET), 'working')
    },
  },
  {
    name: 'claims of no order that it does not exist',
    when: ({ lookup }) => lookup === 'none',
    async run(bench) {
      const key = await bench.given(ACME, 'long', 5)
      await bench.place(key)
      assert.notEqual((await bench.stateOf(idOf('a'))).kind, 'absent')
      assert.equal((await bench.stateOf(idOf('never'))).kind, 'unknown')
    },
  },
  {
    name: 'never goes through zero, whatever the orders request',
    when: ({ reduceOnly }) => reduceOnly,
    async run(bench) {
      const key = await bench.given(ACME, 'long', 3)
      for (const name of ['a', 'b', 'c']) await bench.place(key, { clientOrderId: idOf(name) })
      assert.equal(await bench.filled(), 3)
      await bench.seen(() => bench.holdingOf(key), 'flat')
    },
  },
  {
    name: 'rejects an order with nothing left to close, and fills none of it',
    when: ({ reduceOnly }) => reduceOnly,
    async run(bench) {
      const key = await bench.given(ACME, 'long', 2)
      await bench.place(key)
      const answer = await bench.place(key, { clientOrderId: idOf('b') })
      assert.equal(answer.kind, 'rejected')
      if (answer.kind === 'rejected') oneOf(answer.code, ['insufficient-quantity', 'nothing-held'])
      assert.equal(await bench.filled(), 2)
      if (bench.capabilities.lookup !== 'complete') return
      oneOf((await bench.stateOf(idOf('b'))).kind, ['rejected', 'absent'])
    },
  },
  {
    name: 'ends a working order on request',
    async run(bench) {
      const key = await bench.given(QUIET, 'long', 5)
      await bench.place(key)
      const state = await bench.cancel(idOf('a'), QUIET)
      if (bench.capabilities.lookup === 'complete') assert.equal(state.kind, 'ended')
      else oneOf(state.kind, ['ended', 'absent', 'unknown'])
      await bench.venue.price(QUIET, 80)
      assert.equal(await bench.filled(), 0)
      await bench.holds(key, 5)
    },
  },
  {
    name: 'does not undo a fill by a late cancel',
    async run(bench) {
      const key = await bench.given(ACME, 'long', 5)
      await bench.place(key)
      const state = await bench.cancel(idOf('a'))
      if (bench.capabilities.lookup === 'complete') assert.equal(state.kind, 'filled')
      else oneOf(state.kind, ['filled', 'absent', 'unknown'])
      assert.equal(await bench.filled(), 2)
    },
  },
  {
    name: 'cancels no order that was never sent',
    async run(bench) {
      oneOf((await bench.cancel(idOf('never'))).kind, ['absent', 'unknown'])
    },
  },
]
