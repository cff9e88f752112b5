import { expect } from 'chai'
import { five } from './scene.ts'
import { sideBySide } from './side-by-side.ts'

const HOUR_MS = 3_600_000
const globex = five('b', { instrument: 'GLOBEX' })

sideBySide('a clock that is set', {
  'back leaves no position unguarded that is opened after': async open => {
    const scene = await open()
    await scene.steer({ clockMs: -HOUR_MS })
    scene.trade(5, 'GLOBEX')
    expect(await scene.add(globex)).to.have.property('status', 201)
    scene.price(90, 'GLOBEX')
    await scene.until(() => scene.held('GLOBEX') === 0)
  },
})
