import type { PositionId } from '../domain/ids.ts'
import type { JournalLine } from '../ports/control.ts'
import type { Change, Keeper, KeptRatchet, Past, Registered } from '../ports/keeper.ts'
import type { Row, Store } from '../ports/store.ts'

const KILL_SWITCH = 'kill-switch'
const DAY = 'portfolio'

/** Keeps the state of the service in a store: one table a kind, keyed by position. */
export class StoreKeeper<
  Exit extends { readonly positionId: PositionId },
  Switch,
  Day,
> implements Keeper<Exit, Switch, Day> {
  private readonly store: Store

  constructor(store: Store) {
    this.store = store
  }

  async load(): Promise<Past<Exit, Switch, Day>> {
    const [register, ratchets, exits, settings] = await Promise.all([
      this.store.rows<Registered>('positions'),
      this.store.rows<KeptRatchet>('ratchets'),
      this.store.rows<Exit>('exits'),
      this.store.rows<unknown>('settings'),
    ])
    return {
      register: register as ReadonlyMap<PositionId, Registered>,
      ratchets: ratchets as ReadonlyMap<PositionId, KeptRatchet>,
      exits: [...exits.values()],
      killSwitch: settings.get(KILL_SWITCH) as Switch | undefined,
      day: settings.get(DAY) as Day | undefined,
    }
  }

  keep(change: Change<Exit, Switch, Day>): Promise<readonly JournalLine[]> {
    const rows: Row[] = []
    for (const [key, value] of change.ratchets ?? []) rows.push({ table: 'ratchets', key, value })
    for (const value of change.exits ?? []) {
      rows.push({ table: 'exits', key: value.positionId, value })
    }
    for (const value of change.register ?? []) rows.push(...rowsOf(value))
    for (const key of change.dropped ?? []) rows.push({ table: 'exits', key })
    if (change.day !== undefined) rows.push({ table: 'settings', key: DAY, value: change.day })
    if (change.killSwitch !== undefined) {
      rows.push({ table: 'settings', key: KILL_SWITCH, value: change.killSwitch })
    }
    return this.store.write({ rows, ...(change.lines !== undefined && { lines: change.lines }) })
  }
}

/** A position that is over takes its ratchet and its exit with it; the register remembers the id. */
function rowsOf(value: Registered): Row[] {
  const key = value.position.id
  const row: Row = { table: 'positions', key, value }
  if (value.state === 'open') return [row]
  return [row, { table: 'ratchets', key }, { table: 'exits', key }]
}
