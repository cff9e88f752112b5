import { send } from '../actors/actor.ts'
import type { GatewayMessage } from '../actors/messages.ts'
import type { Engine } from '../engine/engine.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { KeptRatchet, Registered } from '../ports/state-repository.ts'
import { ask } from './ask.ts'
import type { ExitSaver } from './exit-saver.ts'
import { lineOf } from './journal-line.ts'
import type { ManualExits } from './manual-exits.ts'
import type { PositionChanges } from './position-changes.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'
import type { Watching } from './watching.ts'

export interface KillSwitchActsDeps {
  readonly engine: Pick<Engine<unknown>, 'registry' | 'gateway'>
  readonly state: AccountState
  readonly writer: Pick<StateWriter, 'commit'>
  readonly changes: Pick<PositionChanges, 'renew'>
  readonly manualExits: Pick<ManualExits, 'exit' | 'forget'>
  readonly saver: Pick<ExitSaver, 'discarded'>
  readonly watching: Pick<Watching, 'watch'>
  /** Epoch ms. */
  now(): number
}

/** Moves the kill switch, and settles the exits that it has held back. */
export class KillSwitchActs {
  private readonly deps: KillSwitchActsDeps

  constructor(deps: KillSwitchActsDeps) {
    this.deps = deps
  }

  /** Moves the kill switch; resolves when that is durable. */
  async set(killSwitch: KillSwitch): Promise<void> {
    const { writer, state, engine, manualExits, now } = this.deps
    const by = killSwitch.by?.who
    const line = lineOf(now(), 'kill-switch', undefined, { state: killSwitch.state, by })
    await writer.commit({ change: () => ({ killSwitch, lines: [line] }) })
    state.killSwitch = killSwitch
    send(engine.gateway, { kind: 'kill-switch', killSwitch })
    if (killSwitch.state !== 'flatten') return
    for (const { id } of state.open()) manualExits.exit(id, 'kill-switch')
  }

  /** Discards the exits that were never sent; their positions are guarded again. */
  async discardAll(by: string): Promise<void> {
    const { gateway } = this.deps.engine
    const records = await ask<GatewayMessage, readonly ExitRecord[]>(gateway, done => {
      return { kind: 'discard', done }
    })
    await Promise.all(records.map(record => this.discard(record, by)))
  }

  /** Begins a new generation of the position: orders of the discarded exit do not belong to it. */
  private async discard(record: ExitRecord, by: string): Promise<void> {
    const { engine, changes, saver, state, watching, manualExits } = this.deps
    const { positionId: id, generation } = record
    const ratchet = this.ratchetOf(record)
    let renewed: Registered | undefined
    try {
      renewed = await changes.renew({ record, ratchet }, by)
    } catch (error) {
      const row = state.positions.get(id)
      if (row?.state === 'open' && row.generation === generation) {
        send(engine.gateway, { kind: 'restore-exit', record, position: row.position })
      }
      throw error
    }
    if (renewed === undefined) return
    saver.discarded(record)
    manualExits.forget(id)
    watching.watch(renewed, { ratchet })
  }

  /** The ratchet of the generation of an exit, from its monitor or from an earlier process. */
  private ratchetOf({ positionId: id, generation }: ExitRecord): KeptRatchet | undefined {
    const { engine, state } = this.deps
    const child = engine.registry.get(id)
    if (child?.generation === generation) return child.watched.ratchet()
    const kept = state.ratchets.get(id)
    return kept?.generation === generation ? kept : undefined
  }
}
