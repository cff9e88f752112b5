/** Interval of measurements of the event loop, ms: blocking for longer is detected. */
const EVERY_MS = 20

/** Reports again and again how late a timer is, until it is stopped. */
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
