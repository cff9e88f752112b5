import { z } from 'zod'
import { positiveMs } from './options.ts'

/** Names of what an act may hit; `*` is all of them. */
const names = z.array(z.string().min(1)).min(1).max(1_000).default(['*'])

const often = {
  /** Mean time from one act to the next, ms; each distance is half of it to one and a half. */
  everyMs: positiveMs.min(100),
}

/** How long an act lasts, ms. */
const lasts = (standard: number) => positiveMs.max(600_000).default(standard)

const act = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('monitor-throws'),
    ...often,
    positions: names,
    /** How many monitors at once, and how often in a row each of them throws. */
    count: z.int().min(1).max(100_000).default(1),
    times: z.int().min(1).max(1_000).default(1),
  }),
  z.strictObject({
    kind: z.literal('rule-throws'),
    ...often,
    positions: names,
    rules: names,
    count: z.int().min(1).max(100_000).default(1),
    forMs: lasts(5_000),
  }),
  z.strictObject({
    kind: z.literal('feed-stalls'),
    ...often,
    instruments: names,
    count: z.int().min(1).max(100_000).default(1),
    forMs: lasts(5_000),
  }),
  z.strictObject({ kind: z.literal('broker-refuses'), ...often, forMs: lasts(5_000) }),
  z.strictObject({ kind: z.literal('broker-times-out'), ...often, forMs: lasts(10_000) }),
  z.strictObject({ kind: z.literal('gateway-hangs'), ...often, forMs: lasts(20_000) }),
  z.strictObject({
    kind: z.literal('loop-blocks'),
    ...often,
    forMs: positiveMs.max(60_000).default(500),
  }),
])

/** What a chaos file says: what goes wrong, and how often. */
export const chaosSchema = z.strictObject({
  /** The same seed gives the same acts at the same times after the start. */
  seed: z.int().default(1),
  /** Quiet time at the start, ms. */
  afterMs: z.int().nonnegative().max(86_400_000).default(5_000),
  acts: z.array(act).min(1).max(100),
})

export type ChaosPlan = Readonly<z.infer<typeof chaosSchema>>
export type ChaosAct = ChaosPlan['acts'][number]

/** Wait until an act comes again, ms; `random` is in [0, 1). */
export const waitMs = ({ everyMs }: Pick<ChaosAct, 'everyMs'>, random: number): number =>
  everyMs * (0.5 + random)

/** At most `count` of those that `wanted` names, chosen by `random`. */
export function targets(
  known: readonly string[],
  wanted: readonly string[],
  { count, random }: { readonly count: number; readonly random: () => number },
): string[] {
  const left = wanted.includes('*') ? [...known] : known.filter(name => wanted.includes(name))
  const chosen: string[] = []
  while (chosen.length < count && left.length > 0) {
    const index = Math.floor(random() * left.length)
    chosen.push(left[index]!)
    left[index] = left.at(-1)!
    left.pop()
  }
  return chosen
}
