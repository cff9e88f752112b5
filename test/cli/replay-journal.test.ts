import { expect } from 'chai'
import { record, type Recording } from '../../src/cli/replay-journal.ts'
import type { WatchkeeperError } from '../../src/errors.ts'
import type { JournalEvent } from '../../src/ports/journal.ts'

describe('the journal of a replay', () => {
  it('makes a failed exit, and a monitor that is quarantined, a failure of the replay', () => {
    const failures: WatchkeeperError[] = []
    const recording = { failures } as Partial<Recording> as Recording
    const reason = new Error('broken')
    const events: readonly object[] = [
      { kind: 'exit-failed', decision: { positionId: 'p1' }, error: reason },
      { kind: 'monitor-gave-up', positionId: 'p2', reason },
    ]
    for (const event of events) record(event as JournalEvent, recording)
    expect(failures.map(({ code }) => code)).to.deep.equal(['REPLAY_FAILED', 'REPLAY_FAILED'])
    expect(failures.map(({ message }) => message)).to.deep.equal([
      'the exit of p1 failed: broken',
      'the monitor of p2 crashed too often: broken',
    ])
  })
})
