const SO_OFTEN_MS = 100

/** The value of `read`, which is called at most ten times a second; `monotonic` returns ms. */
export function everySoOften<Seen>(monotonic: () => number, read: () => Seen): () => Seen {
  let seen: Seen | undefined
  let until = -Infinity
  return () => {
    const now = monotonic()
    if (seen === undefined || now >= until) {
      seen = read()
      until = now + SO_OFTEN_MS
    }
    return seen
  }
}
