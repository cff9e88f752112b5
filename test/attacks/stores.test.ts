import { expect } from 'chai'
import { sideBySide } from './side-by-side.ts'

const DEDUPE = { capabilities: { reduceOnly: false } } as const

sideBySide('a store that is not the one of before', {
  'makes new order ids where it is new: the old fill is not taken for a new one': async open => {
    const scene = await open({ venue: DEDUPE })
    await scene.exit('a')
    await scene.until(async () => (await scene.position('a')) === undefined)
    await scene.kill()
    scene.loseData()
    scene.trade(5)
    scene.price(94)
    await scene.start()
    await scene.until(() => scene.held() === 0)
    expect(scene.executed()).to.equal(10)
  },
})
