import { z } from 'zod'
import type { PositionView } from '../ports/control/positions.ts'

/** Longest line of an advisor, bytes. */
export const LONGEST_LINE = 65_536
/** Most positions of one update. */
const MOST_POSITIONS = 1_000
const LONGEST_NOTE = 500

const position = z.string().min(1).max(200)

/** What an advisor may say, a line of JSON each. */
export const answerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ok'), seq: z.int().nonnegative() }),
  z.object({ type: z.literal('tighten'), position, stop: z.number() }),
  z.object({ type: z.literal('exit'), position }),
  z.object({ type: z.literal('note'), text: z.string().min(1), position: position.optional() }),
])

export type AdvisorAnswer = z.infer<typeof answerSchema>

/** The answer that a line holds; undefined for anything else. */
export function answerIn(line: string): AdvisorAnswer | undefined {
  try {
    const { data } = answerSchema.safeParse(JSON.parse(line))
    return data?.type === 'note' ? { ...data, text: data.text.slice(0, LONGEST_NOTE) } : data
  } catch {
    return undefined
  }
}

/** One update: what an advisor needs to know of its positions, with their last prices. */
export function updateLine(
  seq: number,
  at: number,
  { views, mayExit }: { readonly views: readonly PositionView[]; readonly mayExit: boolean },
): string {
  const positions = views.slice(0, MOST_POSITIONS).map(view => ({
    id: view.id,
    instrument: view.instrument,
    side: view.side,
    quantity: view.quantity,
    entryPrice: view.entryPrice,
    state: view.state,
    best: view.best,
    stop: view.stop,
    target: view.target,
    price: view.lastPrice,
    priceAgeMs: view.priceAgeMs,
  }))
  return `${JSON.stringify({ type: 'update', seq, at, mayExit, positions })}\n`
}
