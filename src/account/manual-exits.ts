import { send } from '../actors/actor.ts'
import type { GatewayMessage } from '../actors/messages.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Engine } from '../engine/engine.ts'
import { WatchkeeperError } from '../errors.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { KeptRatchet, Registered } from '../ports/state-repository.ts'
import { ask } from './ask.ts'
import { decisionByHand } from './decision-by-hand.ts'
import type { EventRecorder } from './event-recorder.ts'
import { AskedExits } from './exit-requests.ts'
import { lineOf } from './journal-line.ts'
import type { PositionChanges } from './position-changes.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'

export interface ExitsByHandParts {
  readonly core: Engine<unknown>
  readonly state: AccountState
  readonly writer: Pick<StateWriter, 'now' | 'isSettled'>
  readonly registrar: PositionChanges
  readonly journal: Pick<EventRecorder, 'discarded'>
  /** Epoch ms. */
  now(): number
  /** Takes a registered position under guard. */
  guard(registered: Registered, ratchet: KeptRatchet | undefined): void
}

/** Time between two looks at whether an intent is durable, and the longest wait for that, ms. */
const POLL_MS = 5
const LONGEST_MS = 10_000

/** Exits that no rule decides: a person, the kill switch or a limit does. */
export class ManualExits {
  private readonly parts: ExitsByHandParts
  private readonly asked: AskedExits

  constructor(parts: ExitsByHandParts) {
    const { core, state } = parts
    this.parts = parts
    this.asked = new AskedExits({
      gateway: () => core.gateway,
      isAnswered: ({ position: { id }, generation }) => {
        const row = state.register.get(id)
        const isOpen = row?.state === 'open' && row.generation === generation
        return !isOpen || row.observed !== undefined || state.openExits.has(id)
      },
    })
  }

  /** Asks for the exit of a position at market; a later call joins the first. */
  exit(id: PositionId, reason: 'manual' | 'kill-switch' | 'daily-loss'): void {
    const { position, generation } = this.parts.registrar.open(id)
    const { core, now } = this.parts
    const decision = decisionByHand(core.roster, position, { reason, at: now() })
    this.asked.ask({ kind: 'exit', decision, position, generation })
  }

  /** Asks again for what nobody has answered. */
  repeat(): void {
    this.asked.repeat()
  }

  /**
   * Resolves when the intent to exit a position is durable, or its exit is over. Throws STORE_FAILED
   * where it is not for long; the exit is asked for all the same.
   */
  async settled(id: PositionId): Promise<void> {
    const { writer, state } = this.parts
    const { register, openExits } = state
    for (let waitedMs = 0; waitedMs < LONGEST_MS; waitedMs += POLL_MS) {
      const registered = register.get(id)
      const isOver = registered?.state !== 'open' || registered.observed !== undefined
      if (isOver ? writer.isSettled(id) : openExits.has(id)) return
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
    const text = `the exit of ${id} is asked for, and not durable yet: it is asked for again until it is`
    throw new WatchkeeperError('STORE_FAILED', text)
  }

  /** Moves the kill switch; resolves when that is durable. */
  async setKillSwitch(killSwitch: KillSwitch): Promise<void> {
    const { writer, state, core, now } = this.parts
    const by = killSwitch.by?.who
    const line = lineOf(now(), 'kill-switch', undefined, { state: killSwitch.state, by })
    await writer.now({ change: () => ({ killSwitch, lines: [line] }) })
    state.killSwitch = killSwitch
    send(core.gateway, { kind: 'kill-switch', killSwitch })
    if (killSwitch.state !== 'flatten') return
    const open = [...state.open()]
    for (const { id } of open) this.exit(id, 'kill-switch')
  }

  /** Forgets the exits that were never sent; their positions are guarded again. */
  async discardAll(by: string): Promise<void> {
    const { gateway } = this.parts.core
    const records = await ask<GatewayMessage, readonly ExitRecord[]>(gateway, done => {
      return { kind: 'discard', done }
    })
    await Promise.all(records.map(record => this.discard(record, by)))
  }

  /** The position begins a new life, in which no order of the exit that is forgotten means anything. */
  private async discard(record: ExitRecord, by: string): Promise<void> {
    const { core, registrar, journal, state, guard } = this.parts
    const { positionId: id, generation } = record
    const ratchet = this.ratchetOf(record)
    let renewed: Registered | undefined
    try {
      renewed = await registrar.renew({ id, generation, ratchet }, by)
    } catch (error) {
      const row = state.register.get(id)
      if (row?.state === 'open' && row.generation === generation) {
        send(core.gateway, { kind: 'take-back', record, position: row.position })
      }
      throw error
    }
    if (renewed === undefined) return
    journal.discarded(record)
    this.asked.forget(id)
    guard(renewed, ratchet)
  }

  /** How far the life of an exit had come, as its monitor or an earlier process has left it. */
  private ratchetOf({ positionId: id, generation }: ExitRecord): KeptRatchet | undefined {
    const { core, state } = this.parts
    const child = core.roster.get(id)
    if (child?.generation === generation) return child.guard.ratchet()
    const kept = state.ratchets.get(id)
    return kept?.generation === generation ? kept : undefined
  }
}
