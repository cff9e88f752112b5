/** Why a venue took units out of a holding, other than by an order of this service. */
export const SHRINK_CAUSES = [
  'liquidation',
  'adl',
  'expiry',
  'settlement',
  'square-off',
  'split',
  'by-hand',
  'unknown',
] as const

export type ShrinkCause = (typeof SHRINK_CAUSES)[number]

/** A change of a holding that the venue reports, with what it says of it. */
export interface ReportedChange {
  /** Epoch ms by the venue's clock. */
  readonly at: number
  readonly cause: ShrinkCause
  /** What proves it, such as the venue's id of the execution. */
  readonly text?: string
}
