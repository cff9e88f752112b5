import { z } from 'zod'
import type { ReportedChange } from '../../domain/shrink-cause.ts'
import type {
  ClockReading,
  Permissions,
  PositionMode,
  VenueInstrument,
} from '../../domain/venue-facts.ts'
import type { Broker, HoldingKey } from '../../ports/broker.ts'
import { positionMode } from '../venue-facts-shapes.ts'

/** The answer to the query for instruments; each row is read by itself. */
const instrumentRows = z.object({ instruments: z.array(z.unknown()) })

/** A row of it: what is left out the venue does not state. Its sizes are checked with all others. */
const instrumentRow = z.object({
  instrument: z.string(),
  trading: z.boolean().default(true),
  contractSize: z.number().default(1),
  lot: z.number().optional(),
  tickSize: z.number().optional(),
  minQuantity: z.number().optional(),
  maxQuantity: z.number().optional(),
  minNotional: z.number().optional(),
  reduceOnlyExempt: z.boolean().default(true),
  currency: z.string().default('USD'),
})

/** Rows as the port has them; one that cannot be read is left out. */
const instrumentsOf = (rows: readonly unknown[]): VenueInstrument[] =>
  rows.flatMap(row => {
    const { data } = instrumentRow.safeParse(row)
    if (data === undefined) return []
    const { trading: isTrading, contractSize: multiplier, ...rest } = data
    return [{ ...rest, isTrading, multiplier } as unknown as VenueInstrument]
  })

/** The answer to the query for what changed a holding; its rows are checked with those of all brokers. */
const changeList = z.object({ instrument: z.string(), changes: z.array(z.unknown()) })

/** The answer to the query for the account. */
const accountFacts = z.object({
  positionMode: positionMode.optional(),
  trade: z.boolean().optional(),
  withdraw: z.boolean().optional(),
  addressBound: z.boolean().optional(),
  expiresAt: z.number().positive().optional(),
})

/** What the credentials permit, as the port has it. */
const permissionsOf = (facts: z.infer<typeof accountFacts>): Permissions => ({
  trade: facts.trade,
  withdraw: facts.withdraw,
  isAddressBound: facts.addressBound,
  expiresAt: facts.expiresAt,
})

/** @throws Error where the server does not say it. */
function modeOf({ positionMode: mode }: z.infer<typeof accountFacts>): PositionMode {
  if (mode === undefined) throw new Error('the server does not say in which position mode it is')
  return mode
}

/** The answer to the query for the time, epoch ms. */
const serverTime = z.object({ time: z.number().nonnegative() })

/** Answers per reading; their median counts. */
const TIME_SAMPLES = 3

/** The calls whose answers say what an exit depends on. */
export type FactCalls = Pick<
  Broker,
  'instruments' | 'permissions' | 'positionMode' | 'changes' | 'time'
>

/** Reads one answer of the server. */
type Read = <Answer>(shape: z.ZodType<Answer>, path: string, signal: AbortSignal) => Promise<Answer>

export interface FactOptions {
  /** What the server answers by its configuration. */
  readonly instruments: boolean
  readonly account: boolean
  readonly time: boolean
  /** Epoch ms. */
  readonly now: () => number
  /** Called with each time (epoch ms) that the server states. */
  readonly onTime: (time: number) => void
}

/** The questions about the access to the account that the server answers. */
export function factCalls(options: FactOptions, read: Read): FactCalls {
  const { instruments, account, time } = options
  const accountAt = (signal: AbortSignal) => read(accountFacts, '/v1/account', signal)
  return {
    ...(time && { time: (signal: AbortSignal) => readClock(options, read, signal) }),
    ...(instruments && {
      instruments: async (signal: AbortSignal) =>
        instrumentsOf((await read(instrumentRows, '/v1/instruments', signal)).instruments),
    }),
    ...(account && {
      changes: async (key: HoldingKey, since: number, signal: AbortSignal) => {
        const query = new URLSearchParams({ ...key, since: String(Math.floor(since)) })
        const path = `/v1/changes?${query.toString()}`
        const { changes, instrument } = await read(changeList, path, signal)
        if (instrument !== key.instrument) throw new Error('the answer is about another instrument')
        return changes as readonly ReportedChange[]
      },
      permissions: async (signal: AbortSignal) => permissionsOf(await accountAt(signal)),
      positionMode: async (signal: AbortSignal) => modeOf(await accountAt(signal)),
    }),
  }
}

/** Reads the server's clock: an answer was made at some moment between its request and its arrival. */
async function readClock(
  { now, onTime }: Pick<FactOptions, 'now' | 'onTime'>,
  read: Read,
  signal: AbortSignal,
): Promise<ClockReading> {
  const readings: ClockReading[] = []
  for (let sample = 0; sample < TIME_SAMPLES; sample++) {
    const before = now()
    const { time } = await read(serverTime, '/v1/time', signal)
    const errorMs = (now() - before) / 2
    onTime(time)
    readings.push({ aheadMs: time - before - errorMs, errorMs: Math.abs(errorMs) })
  }
  return readings.toSorted((a, b) => a.aheadMs - b.aheadMs)[Math.floor(TIME_SAMPLES / 2)]!
}
