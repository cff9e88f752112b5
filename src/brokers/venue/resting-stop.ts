import type { RestingStop } from '../../domain/resting-stop.ts'
import type { PositionMode } from './account.ts'

/**
 * Stop orders at market that rest at a venue of perpetual contracts until they are cancelled, by documentation.
 * Reduce-only orders of one-way mode reserve nothing; of hedge mode no venue says so, and the weaker claim counts.
 */
export const restingStop = (mode: PositionMode, { amend }: { amend: boolean }): RestingStop => ({
  kinds: ['stop-market'],
  reserves: mode === 'hedge',
  amend,
  triggers: ['last', 'mark'],
  expires: 'ever',
})
