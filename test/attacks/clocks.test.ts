import { expect } from 'chai'
import { five } from './scene.ts'
import { sideBySide } from './side-by-side.ts'

const HOUR_MS = 3_600_000
const globex = five('b', { instrument: 'GLOBEX' })

sideBySide('a clock that is set', {
  'back leaves no position unguarded that was opened before': async open => {
    const scene = await open()
    await scene.steer({ clockMs: -HOUR_MS })
    scene.price(90)
    await scene.until(() => scene.held() === 0)
    expect(scene.executed()).to.equal(5)
  },

  'back leaves no position unguarded that is opened after': async open => {
    const scene = await open()
    await scene.steer({ clockMs: -HOUR_MS })
    scene.trade(5, 'GLOBEX')
    expect(await scene.add(globex)).to.have.property('status', 201)
    await scene.until(async () => (await scene.position('b'))?.state === 'guarded')
    scene.price(90, 'GLOBEX')
    await scene.until(() => scene.held('GLOBEX') === 0)
  },

  'back does not hide that prices stopped': async open => {
    const scene = await open({ config: { health: { staleMs: 1_000 } } })
    await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
    scene.harm('quotes', { kind: 'hang', when: 'before' }, { times: 'always' })
    await scene.steer({ clockMs: -HOUR_MS })
    await scene.until(async () => (await scene.position('a'))?.state !== 'guarded')
    expect((await scene.position('a'))?.priceAgeMs ?? 0).to.be.at.least(0)
  },

  'back over a restart does not hold an exit back': async open => {
    const scene = await open()
    await scene.restart({ clockMs: HOUR_MS })
    scene.harm('place', { kind: 'reject', code: 'refused' }, { times: 'always' })
    await scene.exit('a')
    await scene.until(() => scene.asked('place') >= 2)
    await scene.pass(400)
    await scene.kill()
    scene.calm()
    await scene.start()
    await scene.until(() => scene.held() === 0, 10_000)
  },

  'forward does not make fresh prices old': async open => {
    const rules = {
      stopLoss: { price: 95 },
      staleQuote: { afterMs: 5_000, action: 'exit' },
    }
    const scene = await open({ positions: [five('a', { rules })] })
    await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
    for (let hours = 1; hours <= 8; hours++) {
      await scene.steer({ clockMs: hours * HOUR_MS })
      await scene.pass(200)
    }
    expect(scene.asked('place')).to.equal(0)
  },
})

sideBySide('an impossible time', {
  'of an opening does not leave a position unguarded': async open => {
    const scene = await open()
    scene.trade(5, 'GLOBEX')
    const { status } = await scene.add(globex, {
      openedAt: Date.now() + HOUR_MS,
    })
    if (status !== 201) {
      expect(status).to.be.within(400, 499)
      // A clock slightly ahead of this machine's.
      expect(await scene.add(globex, { openedAt: Date.now() + 500 })).to.have.property(
        'status',
        201,
      )
    }
    await scene.until(async () => (await scene.position('b'))?.state === 'guarded')
    scene.price(90, 'GLOBEX')
    await scene.until(() => scene.held('GLOBEX') === 0, 5_000)
  },

  'of one price does not block all later prices of its instrument': async open => {
    const scene = await open()
    await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
    const quotes = [{ instrument: 'ACME', ts: Date.now() * 1_000, price: 101 }]
    scene.harm('quotes', { kind: 'patch', fields: { quotes } })
    await scene.pass(500)
    scene.price(90)
    await scene.until(() => scene.held() === 0, 5_000)
  },

  'of a last trade does not hide that the bid fell': async open => {
    const scene = await open({
      positions: [five('a', { priceSource: 'quote' })],
    })
    await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
    const quote = { instrument: 'ACME', ts: Date.now(), price: 100, ask: 101 }
    const quoteOf = (bid: number) =>
      ({ kind: 'patch', fields: { quotes: [{ ...quote, bid }] } }) as const
    scene.harm('quotes', quoteOf(99), { times: 5 })
    await scene.pass(600)
    scene.harm('quotes', quoteOf(90), { times: 'always' })
    await scene.until(() => scene.held() === 0, 5_000)
  },

  'of a price that is a day old guards no position': async open => {
    const scene = await open()
    const quotes = [{ instrument: 'ACME', ts: Date.now() - 24 * HOUR_MS, price: 100 }]
    await scene.kill()
    scene.harm('quotes', { kind: 'patch', fields: { quotes } }, { times: 'always' })
    await scene.start()
    await scene.until(() => scene.asked('quotes') >= 10)
    expect((await scene.position('a'))?.state).not.to.equal('guarded')
  },
})
