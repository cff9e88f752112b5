import { setMaxListeners } from 'node:events'

/** The signal of calls without a deadline; as many as there are may listen to it. */
const ENDLESS = new AbortController().signal
setMaxListeners(0, ENDLESS)

/** Resolves when `promise` does, or after `ms`. */
export async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, ms)))
  await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

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
