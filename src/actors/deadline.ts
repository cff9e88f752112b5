/** Calls `ask` with a signal that aborts after `ms`; Infinity: never. */
export async function withDeadline<Answer>(
  ms: number,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const controller = new AbortController()
  const timer = ms === Infinity ? undefined : setTimeout(() => controller.abort(), ms)
  try {
    return await ask(controller.signal)
  } finally {
    clearTimeout(timer)
  }
}
