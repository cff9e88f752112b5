/** Counts of server values that were corrected or dropped. */
export interface Oddities {
  /** `retry-after` or `ban-until` headers that are unreadable or exceed their bound. */
  readonly waits: number
  /** Prices that are unreadable or were not requested. */
  readonly quotes: number
  /** Holdings with an impossible quantity or price; they count as unknown. */
  readonly amounts: number
}
