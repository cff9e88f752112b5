import { join } from 'node:path'
import { expect } from 'chai'
import sinon from 'sinon'
import type { ServiceParts } from '../../src/app/build.ts'
import type { Service } from '../../src/app/service.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { healthMaxAgeMs } from '../../src/views/service-health.ts'
import { Folder } from '../support/cli.ts'
import { startService } from '../support/start-service.ts'

describe('health on request', () => {
  let folder: Folder
  let service: Service
  let url: string

  beforeEach(async () => {
    folder = new Folder()
    // No cycle makes a snapshot meanwhile.
    const settings = { dataFolder: join(folder.path, 'data'), cycleMs: 60_000 }
    ;({ service, url } = await startService(settings))
  })

  afterEach(async () => {
    await service.stop()
    folder.remove()
  })

  interface Report {
    readonly checks: Readonly<Record<string, readonly { readonly observedValue: number }[]>>
  }

  const positionsIn = ({ checks }: Report): number =>
    ['guarded', 'exiting', 'unguarded', 'observed'].reduce(
      (sum, state) => sum + (checks[`positions:${state}`]?.[0]?.observedValue ?? 0),
      0,
    )

  it('is old after three cycles, and after 3 s where cycles are short', () => {
    expect([50, 1_000, 5_000].map(healthMaxAgeMs)).to.deep.equal([3_000, 3_000, 15_000])
  })

  it('is made in slices, once for requests at one time, and knows what the journal said before', async () => {
    const { parts } = service as unknown as { readonly parts: ServiceParts }
    const { coverage } = parts.accounts[0]!.account
    await service.control.add(
      {
        position: {
          id: positionId('p1'),
          instrument: instrumentId('BTCUSD'),
          side: 'long',
          quantity: 1,
          entryPrice: 50_000,
          openedAt: undefined,
          multiplier: 1,
          priceSource: 'trade',
        },
        rules: { stopLoss: { pct: 90 } },
        exitNow: true,
        opensLater: false,
        reopen: false,
      },
      { who: 'test', from: 'here' },
    )
    const [atOnce, inTurns] = [sinon.spy(coverage, 'sweep'), sinon.spy(coverage, 'sweepInTurns')]
    const ask = async (): Promise<Report> => (await (await fetch(`${url}/health`)).json()) as Report
    const reports = await Promise.all([ask(), ask(), ask()])
    expect(reports.map(positionsIn)).to.deep.equal([1, 1, 1])
    expect(atOnce.callCount).to.equal(0)
    expect(inTurns.callCount).to.be.within(1, 2)
  })
})
