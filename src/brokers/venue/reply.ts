import type { z } from 'zod'
import { readJson } from '../../domain/json.ts'
import { OutcomeUnknown } from '../../errors.ts'

/** The value of a JSON text; undefined where it is none, also where a key stands twice. */
export function jsonOf(text: string): unknown {
  try {
    return readJson(text, { numbers: 'nearest' })
  } catch {
    return undefined
  }
}

/** A value as `shape`. Throws `OutcomeUnknown` where it is anything else: that proves nothing. */
export function shaped<T>(shape: z.ZodType<T>, value: unknown, what: string): T {
  const result = shape.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue!.path.length === 0 ? 'the answer' : issue!.path.join('.')
  throw new OutcomeUnknown(`${what}: ${path}: ${issue!.message}`, { cause: result.error })
}

/** Throws `OutcomeUnknown` where an answer is about something else than what was asked. */
export function assertAbout(
  what: string,
  answer: Readonly<Record<string, unknown>>,
  asked: Readonly<Record<string, unknown>>,
): void {
  for (const [name, expected] of Object.entries(asked)) {
    if (answer[name] !== expected)
      throw new OutcomeUnknown(`${what}: the answer is not about ${name} ${String(expected)}`)
  }
}
