import type { PositionId } from '../domain/ids.ts'
import type { StoredExtremes } from '../domain/stored-extremes.ts'
import type { GenerationRatchet, KeptRatchet } from '../ports/state-repository.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'
import type { AccountParts } from './parts.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountChange } from './write-queue.ts'

type Source = Pick<AccountParts, 'state' | 'engine' | 'checkpoint' | 'confirmation'>

/** The whole stored state of an account, as it is in memory. */
export function wholeState(
  account: Source,
  writer: Pick<StateWriter, 'ratchets' | 'lastDay'>,
): AccountChange {
  const { positions, openExits, released, nets, killSwitch } = account.state
  const { lastDay: day } = writer
  const feedPlace = account.checkpoint.place?.()
  return {
    register: [...positions.values()],
    exits: [...openExits.values()],
    killSwitch,
    ratchets: ratchetsOf(account, writer),
    extremes: extremesOf(account, writer),
    released: [...released.values()].map(exit => {
      const { positionId, generation } = exit.record
      return { positionId, generation, exit }
    }),
    nets: [...nets.values()].map(net => {
      const { positionId, generation } = net.record
      return { positionId, generation, net }
    }),
    ...(day !== undefined && { day }),
    ...(feedPlace !== undefined && { feedPlace }),
    isUnconfirmed: account.confirmation.isMissing,
  }
}

/** The ratchet of each open position: of its monitor's generation, or as it is on disk. */
function ratchetsOf(
  { state, engine }: Source,
  { ratchets: durable }: Pick<StateWriter, 'ratchets'>,
): Map<PositionId, GenerationRatchet> {
  const ratchets = new Map<PositionId, GenerationRatchet>()
  for (const [id, { generation }] of state.positions.open) {
    const child = engine.registry.get(id)
    const isPresent = child?.generation === generation
    const ratchet = isPresent ? rowOf(child.watched) : durable.get(id)
    if (ratchet !== undefined) ratchets.set(id, { ...ratchet, generation })
  }
  return ratchets
}

/** The row of a position with its present ratchet. */
function rowOf(watched: WatchedPosition): KeptRatchet {
  const { sign, stored, worst, openedAt } = watched
  const row = stored.values(sign, worst.since(openedAt))
  const ratchet = watched.ratchet()
  return { ...row, ...ratchet, best: sign * Math.max(sign * row.best, sign * ratchet.best) }
}

/** The series to which rows refer: those of price streams as they are now, others as they are on disk. */
function extremesOf(
  { engine }: Source,
  { ratchets: durable }: Pick<StateWriter, 'ratchets'>,
): Map<string, StoredExtremes> {
  const extremes = new Map(durable.allExtremes())
  for (const { series, instrument, view } of engine.sink.ownStreams()) {
    if (series.number === 0) continue
    extremes.set(String(series.number), { instrument, view, ...series.stored() })
  }
  return extremes
}
