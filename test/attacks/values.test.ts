import { expect } from 'chai'
import { five } from './scene.ts'
import { sideBySide } from './side-by-side.ts'

const globex = five('b', { instrument: 'GLOBEX' })

sideBySide('an impossible value from a broken broker or a person', {
  'as a quantity does not delay the exits of others': async open => {
    const scene = await open()
    for (const id of ['x', 'y']) await scene.add(five(id, { instrument: 'HUGE', quantity: 1e308 }))
    await scene.pass(500)
    scene.price(94)
    await scene.until(() => scene.held() === 0)
    await scene.restart()
    scene.trade(5)
    expect(await scene.add(five('c'), { exitNow: true })).to.have.property('status', 201)
    await scene.until(() => scene.held() === 0)
  },

  'as the price of a fill does not keep other positions from closing': async open => {
    const scene = await open({
      isEmbedded: true,
      positions: [five('a'), globex],
      venue: { reportsState: false },
    })
    const executed = { quantity: 5, price: 1.7e308 }
    scene.harm('order', { kind: 'patch', fields: { executed } }, { times: 20 })
    scene.price(94)
    await scene.until(() => scene.executed() === 5)
    await scene.pass(500)
    scene.price(94, 'GLOBEX')
    await scene.until(async () => (await scene.position('b')) === undefined)
    await scene.until(async () => (await scene.position('a')) === undefined)
    expect([scene.executed(), scene.executed('GLOBEX')]).to.deep.equal([5, 5])
  },

  'as a holding is unknown, and changes nothing': async open => {
    const scene = await open({ isEmbedded: true, positions: [five('a'), globex] })
    for (const quantity of [1e308, -1e308, 1e-320, Number.MAX_VALUE]) {
      const holdings = [{ instrument: 'ACME', quantity }]
      scene.harm('holdings', { kind: 'patch', fields: { holdings } })
      scene.harm('holding', {
        kind: 'patch',
        fields: { kind: 'held', quantity },
      })
    }
    await scene.until(() => scene.asked('holdings') >= 6)
    scene.price(94)
    scene.price(94, 'GLOBEX')
    await scene.until(() => scene.held() === 0 && scene.held('GLOBEX') === 0)
    expect([scene.executed(), scene.executed('GLOBEX')]).to.deep.equal([5, 5])
  },

  'as a sum of doubles counts as the meant decimal: everything is sold, nothing is left':
    async open => {
      const scene = await open({
        isEmbedded: true,
        positions: [five('a', { quantity: 0.8 })],
        venue: { drifts: true, capabilities: { reduceOnly: false } },
        config: { instruments: { ACME: { lot: 0.1 } } },
      })
      await scene.pass(500)
      scene.price(94)
      await scene.until(async () => (await scene.position('a')) === undefined)
      await scene.pass(1_000)
      expect({ executed: scene.executed(), held: scene.held() }).to.deep.equal({
        executed: 0.8,
        held: 0,
      })
      const kinds = (await scene.journal()).map(({ kind }) => kind)
      expect(kinds).not.to.include.any.members(['holding-unowned', 'exit-dust', 'position-shrunk'])
    },

  'as a rounded fill ends its exit': async open => {
    const scene = await open({
      isEmbedded: true,
      positions: [five('a', { quantity: 0.333333333333 })],
    })
    const executed = { quantity: 0.33333333, price: 94 }
    const fields = { order: { kind: 'filled', executed } }
    scene.harm('place', { kind: 'patch', fields }, { times: 'always' })
    scene.harm('order', { kind: 'patch', fields: { executed } }, { times: 'always' })
    scene.price(94)
    await scene.until(async () => (await scene.position('a')) === undefined)
    expect(scene.held()).to.equal(0)
  },
})
