import { expect } from 'chai'
import fc from 'fast-check'
import { Settling, type Before } from '../../../src/observability/notify/settling.ts'
import type { HealthStatus } from '../../../src/ports/control/health.ts'

const EPOCH = 1_700_000_000_000
const OPTIONS = { settleMs: 5_000, maxSettleMs: 900_000 }

/** A status each second, and what counts after each. */
function played(statuses: readonly HealthStatus[], before?: Before): HealthStatus[] {
  const settling = new Settling(OPTIONS, before)
  return statuses.map((status, second) => {
    settling.observe(status, second * 1_000, EPOCH + second * 1_000)
    return settling.status
  })
}

const times = (count: number, status: HealthStatus): HealthStatus[] =>
  Array.from({ length: count }, () => status)

describe('Settling', () => {
  it('counts a status once it has lasted, and a better one once it has lasted again', () => {
    const seen = played([...times(7, 'fail'), ...times(7, 'pass')])
    expect([seen.indexOf('fail'), seen.lastIndexOf('fail')]).to.deep.equal([5, 11])
  })

  it('counts a fail that lasts a third of the time and never for long', () => {
    const third = [...times(3, 'fail'), ...times(6, 'pass')]
    expect(played(Array.from({ length: 20 }, () => third).flat())).to.include('fail')
  })

  it('does not count one that lasts a twentieth of the time', () => {
    const rare = [...times(1, 'fail'), ...times(19, 'pass')]
    expect(played(Array.from({ length: 100 }, () => rare).flat())).to.not.include('fail')
  })

  it('counts a better status later each time that it did not last, and at the latest after the bound', () => {
    const settling = new Settling(OPTIONS)
    const waits: number[] = []
    let now = 0
    const see = (status: HealthStatus): void => {
      now += 1_000
      settling.observe(status, now, EPOCH + now)
    }
    see('pass')
    for (let turn = 0; turn < 10; turn++) {
      while (!settling.kept.fail.isOn) see('fail')
      const from = now
      while (settling.status === 'fail') see('pass')
      waits.push((now - from) / 1_000)
    }
    const least = waits.map(seconds => seconds - 1)
    expect(least).to.deep.equal([5, 10, 20, 40, 80, 160, 320, 640, 900, 900])
  })

  it('forgets a fail that has stayed away for more than an hour', () => {
    const settling = new Settling(OPTIONS, {
      levels: {
        warn: { isOn: false, relapses: 6, offAt: EPOCH - 3_600_001 },
        fail: { isOn: false, relapses: 6, offAt: EPOCH - 3_600_001 },
      },
      hasCrashed: false,
      isLoop: false,
    })
    for (let second = 0; second < 7; second++) settling.observe('fail', second * 1_000, EPOCH)
    expect(settling.kept.fail.relapses).to.equal(0)
  })

  it('never counts a status as better that was not better for as long as a status must last', () => {
    const status = fc.constantFrom<HealthStatus>('pass', 'warn', 'fail')
    fc.assert(
      fc.property(fc.array(status, { maxLength: 200 }), statuses => {
        const seen = played(statuses)
        for (let at = 1; at < seen.length; at++) {
          if (seen[at - 1] !== 'fail' || seen[at] === 'fail') continue
          expect(statuses.slice(at - 5, at + 1)).to.not.include('fail')
        }
      }),
    )
  })
})
