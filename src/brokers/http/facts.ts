import { z } from 'zod'
import type { ReportedChange } from '../../domain/shrink-cause.ts'
import type { Permissions, PositionMode, VenueInstrument } from '../../domain/venue-facts.ts'
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

/** The calls whose answers say what an exit depends on. */
export type FactCalls = Pick<Broker, 'instruments' | 'permissions' | 'positionMode' | 'changes'>

/** Reads one answer of the server. */
type Read = <Answer>(shape: z.ZodType<Answer>, path: string, signal: AbortSignal) => Promise<Answer>

/** The questions about the access to the account that the server answers. */
export function factCalls(
  { instruments, account }: { readonly instruments: boolean; readonly account: boolean },
  read: Read,
): FactCalls {
  const accountAt = (signal: AbortSignal) => read(accountFacts, '/v1/account', signal)
  return {
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
