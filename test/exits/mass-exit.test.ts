import { expect } from 'chai'
import type { ExitReason } from '../../src/domain/reason.ts'
import { countExit, NO_MASS_EXIT } from '../../src/exits/mass-exit.ts'

const OPTIONS = { max: 2, withinMs: 1_000, confirmMs: 500 }

describe('countExit', () => {
  const waits = (exits: readonly (readonly [number, ExitReason?])[]): (number | undefined)[] => {
    let state = NO_MASS_EXIT
    return exits.map(([now, reason = 'stop-loss']) => {
      const [next, until] = countExit(state, OPTIONS, { reason, now })
      state = next
      return until
    })
  }

  it('lets as many go at once as it may, and has the others wait for so long', () => {
    expect(waits([[0], [10], [20], [30]])).to.deep.equal([undefined, undefined, 520, 530])
  })

  it('forgets exits that are older than its window', () => {
    expect(waits([[0], [10], [1_001]])).to.deep.equal([undefined, undefined, undefined])
    expect(waits([[0], [10], [999]])[2]).to.equal(1_499)
  })

  it('never has the kill switch, a daily loss, a person or a deadline wait', () => {
    const reasons: ExitReason[] = ['kill-switch', 'daily-loss', 'manual', 'max-hold', 'session-end']
    const exits = reasons.map((reason, index) => [20 + index, reason] as const)
    expect(waits([[0], [1], [2], ...exits]).slice(3)).to.deep.equal(reasons.map(() => undefined))
    expect(waits([...exits, [30], [31]]).slice(-2)).to.deep.equal([undefined, undefined])
  })
})
