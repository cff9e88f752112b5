import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { writeFiles } from './account.ts'
import { executedBy } from './checks.ts'
import { GUARDED, GuardProcess } from './guard.ts'
import { CALM } from './hostility.ts'
import { planOf } from './plan.ts'
import { venuesOf } from './venues.ts'

const BTC = 'BTCUSD'

/** A venue that refuses an id that it has ever had, and that finds every order. */
const PROVING = venuesOf(0).find(
  ({ capabilities: { dedupe, lookup } }) => dedupe === 'always' && lookup === 'complete',
)!

describe('an exit with every kind of incident', () => {
  let folder: string
  let broker: RemoteBroker
  let guard: GuardProcess

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-story-'))
    broker = await startBroker({
      folder: join(folder, 'broker'),
      settings: { capabilities: PROVING.capabilities },
      script: {
        hands: [{ instrument: BTC, quantity: 4 }],
        prices: { BTCUSD: 92_400 },
        faults: [
          // It acts, half of the order is executed, and the answer is lost …
          { on: 'place', instrument: BTC, harm: { kind: 'fill', plan: { share: 0.5 } } },
          { on: 'place', instrument: BTC, harm: { kind: 'hang', when: 'after' } },
          // … and half of the rest is executed while it is being cancelled.
          { on: 'cancel', harm: { kind: 'cross', share: 0.5 } },
        ],
      },
    })
    const plan = { ...planOf(0), net: null, venue: PROVING, hostility: CALM, isHalved: false }
    guard = new GuardProcess(folder, {
      main: GUARDED,
      args: writeFiles(folder, plan, { url: broker.url }),
    })
  })

  after(async () => {
    await guard.kill()
    await broker.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('is made once, and the journal contains all of it', async () => {
    // Killed when the next attempt is durable, and no byte of it was sent.
    guard.start({ label: 'place, before', nth: 3, afterMs: 0 })
    expect(await guard.until(isClosed), 'it is killed before the end').to.equal(false)
    guard.start(undefined)
    expect(await guard.until(isClosed)).to.equal(true)
    const { journal, storeId } = await guard.disk()
    const alone = { id: 'alone', generation: 1, storeId }
    expect(executedBy(alone, broker.book()), 'units executed').to.equal(4)
    const line = journal.find(({ kind, positionId }) => {
      return kind === 'exit-filled' && positionId === 'alone'
    })
    expect(stepsOf(line)).to.deep.equal([
      '1 decided: max-hold',
      '1 sent',
      '1 unknown: no answer',
      '1 sent',
      '1 duplicate',
      '1 2 executed',
      '1 ended by cancel: 3 executed',
      '2 unknown: a new process',
      '2 sent',
      '2 acknowledged',
      '2 filled',
      '2 flat: fill',
    ])
  }).timeout(120_000)

  const isClosed = async (): Promise<boolean> =>
    (await guard.disk()).positions.get('alone')?.state === 'closed'
})

const stepsOf = (line: JournalLine | undefined): string[] =>
  ((line?.['steps'] ?? []) as { attempt: number; what: string }[]).map(
    ({ attempt, what }) => `${attempt} ${what}`,
  )
