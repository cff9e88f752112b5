import { expect } from 'chai'
import { five } from './scene.ts'
import { sideBySide } from './side-by-side.ts'

const globex = five('b', { instrument: 'GLOBEX' })

sideBySide('a value that only a broken broker or person gives', {
  'as a holding is unknown, and changes nothing': async open => {
    const scene = await open({ positions: [five('a'), globex] })
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
})
