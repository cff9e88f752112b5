/** Of a call that nobody ends. */
const ENDLESS = new AbortController().signal

/** Calls `ask` with a signal that aborts after `ms`; Infinity: never. */
export async function withDeadline<Answer>(
  ms: number,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  if (ms === Infinity) return ask(ENDLESS)
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), ms)
  try {
    return await ask(controller.signal)
  } finally {
    clearTimeout(timer)
  }
}
