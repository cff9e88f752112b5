import type { z } from 'zod'
import { readJson } from '../../domain/json.ts'
import { OutcomeUnknown } from '../../errors.ts'

/** Parses a JSON text; undefined where it is invalid, or where an object has the same key twice. */
export function jsonOf(text: string): unknown {
  try {
    return readJson(text, { numbers: 'nearest' })
  } catch {
    return undefined
  }
}

/**
 * Parses a value as `shape`.
 *
 * @throws OutcomeUnknown where it has another shape: that proves nothing.
 */
export function shaped<T>(shape: z.ZodType<T>, value: unknown, what: string): T {
  const result = shape.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue!.path.length === 0 ? 'the answer' : issue!.path.join('.')
  throw new OutcomeUnknown(`${what}: ${path}: ${issue!.message}`, { cause: result.error })
}

/** @throws OutcomeUnknown where an answer is not about the requested thing. */
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
