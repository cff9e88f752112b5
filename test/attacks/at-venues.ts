import type { VenueKind } from '../../src/domain/venue-kind.ts'
import { reportOf } from '../crash/emulated.ts'
import type { SceneAccount } from './scene.ts'

/** What the emulators of the venues prove. */
export const PROVES = { dedupe: 'open-only', lookup: 'complete', reduceOnly: true } as const

/** An account at a venue that was measured to show everything at once: no exit waits for what a venue may hide. */
export const measured = (account: SceneAccount): SceneAccount => ({
  ...account,
  report: reportOf({ kind: account.broker['kind'] as VenueKind, mode: 'one-way' }),
})
