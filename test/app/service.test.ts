import { join } from 'node:path'
import { expect } from 'chai'
import type { ServiceParts } from '../../src/app/build.ts'
import type { Service } from '../../src/app/service.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import { Folder } from '../support/cli.ts'
import { startService } from '../support/start-service.ts'
import { until } from '../support/until.ts'

describe('a service whose work fails in each cycle', () => {
  let folder: Folder
  let service: Service
  let parts: ServiceParts

  beforeEach(async () => {
    folder = new Folder()
    const settings = { dataFolder: join(folder.path, 'data'), cycleMs: 50 }
    ;({ service, parts } = await startService(settings))
  })

  afterEach(async () => {
    await service.stop()
    folder.remove()
  })

  const journaled = async (kind: JournalLine['kind']): Promise<readonly JournalLine[]> =>
    (await service.control.journal({ after: 0, limit: 1_000 })).filter(line => line.kind === kind)

  it('journals a failed cycle once, lets health grow old, and goes on once it works again', async () => {
    const { account } = parts.accounts[0]!
    const works = account.cycle
    let failures = 0
    account.cycle = () => {
      failures++
      throw new Error('no cycle')
    }
    await until(() => failures >= 5)
    await until(async () => (await journaled('cycle-failed')).length > 0)
    expect((await journaled('cycle-failed'))[0]).to.include({ error: 'no cycle' })
    expect((await journaled('cycle-failed')).length).to.be.below(failures)
    await until(() => service.control.healthAgeMs() > 400)
    account.cycle = works
    await until(() => service.control.healthAgeMs() < 200)
  })

  it('journals once that old lines cannot be removed, and goes on', async () => {
    let failures = 0
    parts.performance.rollUp = () => {
      failures++
      return Promise.reject(new Error('no room'))
    }
    await until(() => failures >= 5)
    await until(async () => (await journaled('upkeep-failed')).length > 0)
    const lines = await journaled('upkeep-failed')
    expect(lines[0]).to.include({ error: 'no room' })
    expect(lines.length).to.be.below(failures)
  })
})
