/** What protects a position: its own guard and its stop at the venue, one of the two, or neither. */
export const LAYERS = ['both', 'ours', 'venue', 'none'] as const
export type Layer = (typeof LAYERS)[number]

/** The layer of a position. */
export function layerOf({ isGuarded, isNetted }: { isGuarded: boolean; isNetted: boolean }): Layer {
  if (isGuarded) return isNetted ? 'both' : 'ours'
  return isNetted ? 'venue' : 'none'
}

/** What is counted of the stops at the venue: those that rest, and what only a person can settle. */
export const NET_COUNTS = ['resting', 'missing', 'unproved', 'orphan'] as const
export type NetCount = (typeof NET_COUNTS)[number]
