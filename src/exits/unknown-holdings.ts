import type { HoldingGroup } from './holding-group.ts'
import type { Notice } from './notices.ts'

/** Holdings that the venue has not reported for long: each is reported once for each such time. Changes itself. */
export class UnknownHoldings {
  private readonly reported = new WeakSet<HoldingGroup>()

  /** Takes the notices at `now` (epoch ms) of holdings that have been unknown for at least `mostMs`. */
  takeOverdue(groups: Iterable<HoldingGroup>, now: number, mostMs: number): readonly Notice[] {
    const notices: Notice[] = []
    for (const group of groups) {
      const { unknownSince } = group
      if (unknownSince === null) this.reported.delete(group)
      if (unknownSince === null || this.reported.has(group)) continue
      const forMs = now - unknownSince
      if (forMs < mostMs) continue
      this.reported.add(group)
      notices.push({ kind: 'holding-unknown', holding: group.key, forMs })
    }
    return notices
  }
}
