import type { PositionEntry } from '../config/position-reader.ts'
import type { Position } from '../domain/position.ts'
import { isSame } from '../domain/units.ts'
import { WatchkeeperError } from '../errors.ts'
import type { Registered } from '../ports/keeper.ts'
import type { LiveSystem } from './live.ts'
import type { Wanted } from './registrar.ts'

/** What the positions file has changed at the start, for the person who started it. */
export interface Seeded {
  /** Ids of the file that the store has closed or released. */
  readonly over: readonly string[]
  /** Ids that are guarded although the file does not name them any more. */
  readonly vanished: readonly string[]
  /** Ids whose rules have changed in the file, and are in force now. */
  readonly ruled: readonly string[]
  /** What the file says and is not done, one line each. */
  readonly refused: readonly string[]
}

const BY = 'positions file'

/**
 * Takes the positions of a file: ids that the register has never seen are guarded, changed rules of
 * known ones are applied as a change by hand would be, what is over stays so.
 */
export async function seed(
  system: LiveSystem,
  entries: readonly PositionEntry[],
  now: number,
): Promise<Seeded> {
  const { register } = system.state
  const before = [...register.values()].filter(({ state }) => state === 'open')
  const fresh: Wanted[] = []
  const over: string[] = []
  const known: [PositionEntry, Registered][] = []
  for (const entry of entries) {
    const { position, rules } = entry
    const registered = register.get(position.id)
    if (registered === undefined) {
      fresh.push({ position: { ...position, openedAt: position.openedAt ?? now }, rules })
    } else if (registered.state === 'open') known.push([entry, registered])
    else over.push(position.id)
  }
  await system.registrar.addAll(fresh, BY)
  // Every monitor is there before its rules change.
  await system.settled()
  const named = new Set(entries.map(({ position }) => position.id))
  const vanished = before.map(({ position }) => position.id).filter(id => !named.has(id))
  return { over, vanished, ...(await changeRules(system, known)) }
}

async function changeRules(
  system: LiveSystem,
  known: readonly (readonly [PositionEntry, Registered])[],
): Promise<Pick<Seeded, 'ruled' | 'refused'>> {
  const ruled: string[] = []
  const refused: string[] = []
  for (const [{ position, rules }, registered] of known) {
    const { id } = position
    const difference = differenceOf(position, registered.position)
    if (difference !== undefined) {
      refused.push(`${id}: ${difference}: release it and add it again to change that`)
    }
    try {
      const request = { rules, isWhole: true, force: false, exitNow: false }
      const { changes } = await system.changeRules(id, request, BY)
      if (changes.length > 0) ruled.push(id)
    } catch (error) {
      if (!(error instanceof WatchkeeperError)) throw error
      refused.push(`${id} keeps its rules: ${error.message}`)
      system.tell('rules-refused', { for: id, by: BY, code: error.code, why: error.message })
    }
  }
  return { ruled, refused }
}

const COMPARED = [
  'instrument',
  'side',
  'quantity',
  'entryPrice',
  'multiplier',
  'account',
  'ticket',
  'underlying',
  'priceSource',
] as const

/** The first field in which the file's position is another one than the guarded one. */
function differenceOf(file: Omit<Position, 'openedAt'>, guarded: Position): string | undefined {
  const field = COMPARED.find(each =>
    each === 'quantity' ? !isSame(file.quantity, guarded.quantity) : file[each] !== guarded[each],
  )
  if (field === undefined) return undefined
  return `${field} is ${String(guarded[field])}, the file says ${String(file[field])}`
}
