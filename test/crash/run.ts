import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HandOrder, Script } from '../support/broker-server/script.ts'
import { serveBroker } from '../support/broker-server/server.ts'
import { handsOf, lotOf, writeConfig, writeFiles } from './account.ts'
import { Course, type Result } from './course.ts'
import { keyOf, protocolOf } from './emulated.ts'
import { GUARDED, GuardProcess } from './guard.ts'
import { ORPHAN, stepsOf } from './net-plan.ts'
import type { Plan } from './plan.ts'
import { placeOf } from './venues.ts'

const MINUTE_MS = 60_000
/** How much more lists lag than anything else, ms. */
const LISTS_LAG_MS = 1_000

/** Guards an account at a plan's venue, kills the guard as the plan says, and checks the result. */
export async function run(plan: Plan, main = GUARDED): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-crash-'))
  const { capabilities, lagMs } = plan.venue
  const { ageMs, doesDrift } = plan.hostility
  const { forgets, maxQuantity } = plan.venue.quirks ?? {}
  const day = dayOf(plan)
  const list = plan.doListsLag ? lagMs + LISTS_LAG_MS : lagMs
  const { emulated } = plan.venue
  const broker = await serveBroker({
    ...(emulated && { protocol: protocolOf(emulated) }),
    folder: join(folder, 'broker'),
    settings: {
      capabilities: {
        ...capabilities,
        ...(typeof forgets === 'object' && { lookupKeeps: forgets }),
        ...(plan.net && { restingStop: plan.net.restingStop }),
      },
      ...(maxQuantity !== undefined && { maxQuantity }),
      ...(plan.net?.restingStop.reserves === true && { reserves: true }),
      ...(emulated && { token: null }),
      drifts: doesDrift,
      lot: lotOf(plan),
      reportsAge: ageMs > 0,
      clockMs: day?.clockMs ?? 0,
      lagMs: { order: lagMs, holding: lagMs + ageMs, list: list + ageMs },
    },
    seed: plan.seed,
    script: {
      hands: handsOf(plan.venue),
      prices: { BTCUSD: 92_400, GLOBEX: 47.8 },
      faults: plan.faults,
      handOrders: orphansOf(plan),
      steps: [
        ...(plan.net === null ? [] : stepsOf(plan.net)),
        ...(plan.dayEndsAfterMs === null ? [] : [{ afterMs: plan.dayEndsAfterMs, endDay: true }]),
        ...fallingPrices(plan),
      ],
    },
  })
  const at = {
    url: `http://127.0.0.1:${broker.port}`,
    lookupKeeps: day?.lookupKeeps ?? keepsOf(plan),
  }
  const args = writeFiles(folder, plan, at)
  const clockMs = day?.clockMs ?? 0
  const env = emulated && keyOf(emulated)
  const options = { main, args, ...plan.hostility, clockMs, hasRival: hasRival(plan), env }
  const guard = new GuardProcess(folder, options)
  const shrink = (): void => {
    const { shrunk } = plan.hostility
    if (shrunk !== null) writeConfig(folder, { ...plan, ...at, venue: shrunk })
  }
  try {
    return await new Course({ plan, broker, guard, shrink }).run()
  } finally {
    await guard.kill()
    broker.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** In each fifth run every process meets a second one over the same folder. */
const hasRival = ({ seed }: Plan): boolean => seed % 5 === 3

/** How long the venue finds orders, where that is a time; null: for ever. */
function keepsOf({ venue: { quirks } }: Plan): string | null {
  const { forgets } = quirks ?? {}
  return typeof forgets === 'object' ? `${forgets.ms}ms` : null
}

/**
 * The local time at which the venue forgets the orders of its day, and by how much the clock of the guard is
 * set so that this is when the venue's day is over; undefined where no day ends.
 */
function dayOf({ dayEndsAfterMs }: Plan): { lookupKeeps: string; clockMs: number } | undefined {
  if (dayEndsAfterMs === null) return undefined
  const end = Date.now() + dayEndsAfterMs
  const minute = Math.ceil(end / MINUTE_MS) * MINUTE_MS
  const until = new Date(minute).toISOString().slice(11, 16)
  return { lookupKeeps: `${until} UTC`, clockMs: minute - end }
}

/** Prices at a venue without market orders move away from the limits of the exits. */
function fallingPrices({ venue }: Plan): NonNullable<Script['steps']> {
  if (venue.capabilities.styles === undefined) return []
  return [1, 2, 3, 4, 5].map(step => ({
    afterMs: step * 1_500,
    prices: { BTCUSD: 92_400 * (1 - 0.02 * step), GLOBEX: 47.8 * (1 + 0.02 * step) },
  }))
}

/** A stop of another store, where it keeps no exit from closing. */
function orphansOf({ net, venue }: Plan): readonly HandOrder[] {
  if (net?.act !== 'lies beside an orphan' || net.restingStop.reserves) return []
  return [
    {
      clientOrderId: ORPHAN,
      instrument: 'BTCUSD',
      quantity: 1,
      side: 'long',
      ...placeOf(venue, 'long'),
    },
  ]
}
