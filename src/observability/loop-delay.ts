/** How often the event loop is looked at, ms: whatever blocks it for longer is seen. */
const EVERY_MS = 20

/** Tells by how much a timer is late, again and again, until it is stopped. */
export function watchLoopDelay(
  observe: (lateMs: number) => void,
  monotonic: () => number,
): () => void {
  let due = monotonic() + EVERY_MS
  const timer = setInterval(() => {
    const now = monotonic()
    observe(Math.max(0, now - due))
    due = now + EVERY_MS
  }, EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
