const SO_OFTEN_MS = 100

/** What `look` gives, which is asked again at most ten times a second; `monotonic` gives ms. */
export function everySoOften<Seen>(monotonic: () => number, look: () => Seen): () => Seen {
  let seen: Seen | undefined
  let until = -Infinity
  return () => {
    const now = monotonic()
    if (seen === undefined || now >= until) {
      seen = look()
      until = now + SO_OFTEN_MS
    }
    return seen
  }
}
