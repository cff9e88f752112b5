/** Most points of each series: over a day that is one in three minutes. */
const MOST_POINTS = 600
/** Least time between two points at first, ms. */
const FIRST_STEP_MS = 500

/** Prices of one series over time. */
export interface Track {
  /** Epoch ms. */
  at: number[]
  price: number[]
  stepMs: number
}

/** The prices since the page was opened, in bounded memory: older points become sparser. */
export class History {
  private readonly tracks: Track[] = []

  add(series: number, at: number, price: number): void {
    const track = (this.tracks[series] ??= { at: [], price: [], stepMs: FIRST_STEP_MS })
    const last = track.at.at(-1)
    if (last !== undefined && at - last < track.stepMs) {
      // The newest price replaces the last point, unless that would move the point out of its step.
      if (at >= last) track.price[track.price.length - 1] = price
      return
    }
    track.at.push(at)
    track.price.push(price)
    if (track.at.length > MOST_POINTS) thin(track)
  }

  of(series: number): Readonly<Track> | undefined {
    return this.tracks[series]
  }

  clear(): void {
    this.tracks.length = 0
  }
}

/** Removes every other point. */
function thin(track: Track): void {
  track.at = track.at.filter((_, index) => index % 2 === 0)
  track.price = track.price.filter((_, index) => index % 2 === 0)
  track.stepMs *= 2
}
