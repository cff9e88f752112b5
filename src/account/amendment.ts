import { send } from '../actors/actor.ts'
import type { GatewayMessage } from '../actors/messages.ts'
import type { PositionId } from '../domain/ids.ts'
import { signOf, type Position } from '../domain/position.ts'
import { isSame, leftOf } from '../domain/units.ts'
import type { Engine } from '../engine/engine.ts'
import { WatchkeeperError } from '../errors.ts'
import type { Amendment } from '../ports/control/positions.ts'
import type { Registered } from '../ports/state-repository.ts'
import { refuseImmediateExit } from '../risk/at-once.ts'
import { levelsAt, type LevelPair } from '../risk/rule-change.ts'
import { standing } from '../risk/standing.ts'
import { ask } from './ask.ts'
import { beginningOf } from './beginning.ts'
import { changeablePosition, exitRunning, type ChangeableDeps } from './changeable.ts'
import { lineOf } from './journal-line.ts'
import type { RegistrationDeps } from './registration.ts'
import { ruleSetOf } from './stored-rules.ts'

export interface AmendmentDeps
  extends ChangeableDeps, Pick<RegistrationDeps, 'positions' | 'writer' | 'clock'> {
  readonly engine: Pick<Engine<unknown>, 'registry' | 'supervisor' | 'gateway' | 'sink'>
  /** Awaited before a position owns more units: a paper account must hold them first. */
  beforeGrowth?(registered: Registered, more: number): Promise<void>
}

type Facts = Pick<Position, 'quantity' | 'entryPrice'>

/**
 * Sets the quantity and the entry price of an open position, which keeps its best price and its generation; durable
 * when the promise resolves. The order of the steps keeps P1: the row is durable first, then the gateway owns the new
 * quantity, then the monitor has new levels. An exit that is decided in between sells what the gateway owned when it
 * took the decision, and the row gets its former facts again.
 *
 * @throws WatchkeeperError POSITION_UNKNOWN, EXIT_RUNNING, ACTOR_DOWN, LOOSENS, EXITS_AT_ONCE, STORE_FAILED.
 */
export async function amendPosition(
  parts: AmendmentDeps,
  id: PositionId,
  { request, by }: { readonly request: Amendment; readonly by: string },
): Promise<Registered> {
  const { engine, positions } = parts
  const present = positions.openRow(id)
  const before = factsOf(present.position)
  const after: Facts = {
    quantity: request.quantity ?? before.quantity,
    entryPrice: request.entryPrice ?? before.entryPrice,
  }
  if (isSame(after.quantity, before.quantity) && after.entryPrice === before.entryPrice) {
    return present
  }
  judge(parts, present, { ...request, after })
  const more = leftOf(after.quantity, before.quantity)
  if (more > 0) await parts.beforeGrowth?.(present, more)
  const row = await write(parts, id, { facts: after, by })
  const { position, generation } = row
  const isOwned = await ask<GatewayMessage, boolean>(engine.gateway, done => ({
    kind: 'resize',
    position,
    generation,
    done,
    // If the gateway ends meanwhile, the next incarnation starts from the row.
  })).catch(() => true)
  if (!isOwned) {
    if (positions.isOpen(id, generation)) await write(parts, id, { facts: before, by: 'an exit' })
    throw exitRunning(id)
  }
  const ruleSet = ruleSetOf(row)
  await new Promise<void>(done =>
    send(engine.supervisor, { kind: 'rerule', positionId: id, ruleSet, position, done }),
  )
  return positions.get(id) ?? row
}

const factsOf = ({ quantity, entryPrice }: Position): Facts => ({ quantity, entryPrice })

/** Writes the row with the new facts and returns it; refused where an exit was decided meanwhile. */
async function write(
  { positions, writer, clock }: AmendmentDeps,
  id: PositionId,
  { facts, by }: { readonly facts: Facts; readonly by: string },
): Promise<Registered> {
  const { register } = await writer.commit({
    ids: [id],
    change: () => {
      const present = positions.openRow(id)
      const position = { ...present.position, ...facts }
      const row = { ...present, position, addedQuantity: facts.quantity }
      const detail = { by, from: factsOf(present.position), to: facts }
      return {
        register: [row] as const,
        lines: [lineOf(clock.now(), 'position-amended', id, detail)],
      }
    },
    done: ({ register: [{ generation, position, addedQuantity }] }) =>
      positions.changed(id, generation, { position, addedQuantity }),
  })
  return register[0]
}

/**
 * Throws where a position cannot be changed, and where the change loosens or exits at once without `force` or
 * `exitNow`.
 */
function judge(
  deps: AmendmentDeps,
  present: Registered,
  { after, force, exitNow }: Amendment & { readonly after: Facts },
): void {
  const { engine, clock } = deps
  const { id } = present.position
  if (present.entry?.kind === 'refused') {
    const text = `${id} has no guard: found an entry that was refused, expected rules that do not exit at once`
    throw new WatchkeeperError('EXITS_AT_ONCE', text)
  }
  const watched = changeablePosition(deps, present)
  const position = { ...watched.position, ...after }
  const ruleSet = ruleSetOf(present)
  const at = clock.now()
  const ratchet = watched.ratchet()
  const sign = signOf(position.side)
  const best = sign * Math.max(sign * ratchet.best, sign * position.entryPrice)
  if (!force) {
    refuseFarther(position, standing(watched, at), levelsAt(position, ruleSet, { best, at }))
  }
  if (exitNow) return
  const beginning = beginningOf(engine.sink.board, position, at)
  refuseImmediateExit(position, ruleSet, { ...beginning, ...ratchet, best })
}

/** @throws WatchkeeperError LOOSENS where the stop or the target would be farther than the present one. */
function refuseFarther({ side }: Position, present: LevelPair, next: LevelPair): void {
  const sign = signOf(side)
  const why = [
    isFarther(sign, present.stop, next.stop) &&
      `a stop at ${next.stop} in place of ${present.stop}`,
    isFarther(-sign, present.target, next.target) &&
      `a target at ${next.target} in place of ${present.target}`,
  ].filter(each => each !== false)
  if (why.length === 0) return
  const text = `the new facts loosen: found ${why.join(' and ')}; expected levels that only tighten, or force`
  throw new WatchkeeperError('LOOSENS', text)
}

const isFarther = (sign: number, present: number | null, next: number | null): boolean =>
  present !== null && !(sign * (next ?? NaN) >= sign * present)
