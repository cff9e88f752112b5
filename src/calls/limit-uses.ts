import type { EndpointGroup, LimitUse } from '../domain/venue.ts'

/** Half of the time for which a reported use counts, ms: two halves hold at least one scrape. */
const HALF_MS = 30_000

/** Largest shares of two halves: of the one that began at `from` (monotonic ms), and of the one before. */
interface Halves {
  readonly from: number
  readonly present: number
  readonly before: number
}

/** The largest share of its limits that a venue reported as used within the last minute, by group of calls. */
export class LimitUses {
  private readonly groups = new Map<EndpointGroup, Halves>()

  /** Takes a report; `now` is monotonic ms. A share that is no number is left out. */
  note({ groups, share }: Pick<LimitUse, 'groups' | 'share'>, now: number): void {
    if (!(share >= 0) || share === Infinity) return
    for (const group of groups) {
      const halves = this.at(group, now)
      this.groups.set(group, { ...halves, present: Math.max(halves.present, share) })
    }
  }

  /** 0 where the last report is older; undefined where the venue has reported nothing. */
  of(group: EndpointGroup, now: number): number | undefined {
    if (!this.groups.has(group)) return undefined
    const { present, before } = this.at(group, now)
    return Math.max(present, before)
  }

  private at(group: EndpointGroup, now: number): Halves {
    const halves = this.groups.get(group)
    if (halves === undefined || now >= halves.from + 2 * HALF_MS)
      return { from: now, present: 0, before: 0 }
    if (now < halves.from + HALF_MS) return halves
    return { from: halves.from + HALF_MS, present: 0, before: halves.present }
  }
}
