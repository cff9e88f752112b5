import { send } from '../actors/actor.ts'
import { viewOf } from '../domain/tick.ts'
import type { Engine } from '../engine/engine.ts'
import type { KeptRatchet, Registered } from '../ports/state-repository.ts'
import type { RuleSet } from '../risk/rule.ts'
import type { EntryTests } from './entry-tests.ts'
import type { ManualExits } from './manual-exits.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'
import { ruleSetOf } from './stored-rules.ts'

export interface WatchingDeps {
  readonly engine: Pick<Engine<unknown>, 'dispatcher' | 'gateway' | 'supervisor' | 'sink'>
  readonly state: AccountState
  readonly writer: Pick<StateWriter, 'soon'>
  readonly entryTests: EntryTests
  readonly manualExits: Pick<ManualExits, 'exit'>
  /** Nothing is sent: exits are only observed. */
  readonly isObserving: boolean
  /** The rules that a monitor evaluates; chaos may make them throw. */
  readonly rulesFor: (rules: RuleSet) => RuleSet
  /** Epoch ms. */
  now(): number
}

/**
 * Watches registered positions: the gateway counts their units as owned, and the supervisor starts their monitors.
 */
export class Watching {
  private readonly deps: WatchingDeps

  constructor(deps: WatchingDeps) {
    this.deps = deps
  }

  /** Starts the monitor of a position, from its ratchet where there is one; `done` is called once it runs. */
  watch(
    registered: Registered,
    { ratchet, done }: { ratchet?: KeptRatchet | undefined; done?: () => void } = {},
  ): void {
    const { engine, state, entryTests, manualExits, rulesFor, now } = this.deps
    const { position, generation } = registered
    engine.dispatcher.advance(now())
    this.own(registered)
    send(engine.supervisor, {
      kind: 'watch',
      position,
      ruleSet: rulesFor(ruleSetOf(registered)),
      generation,
      ...(ratchet !== undefined && { ratchet }),
      done: () => {
        entryTests.begin(registered)
        done?.()
      },
    })
    if (state.killSwitch.state === 'flatten') manualExits.exit(position.id, 'kill-switch')
  }

  /** Resumes a position of an earlier process. */
  resume(registered: Registered): void {
    const { state, writer, isObserving } = this.deps
    const { id } = registered.position
    if (registered.state !== 'open' || state.openExits.has(id)) return
    if (registered.observed !== undefined && isObserving) return this.rest(registered)
    const isObserved = registered.observed !== undefined
    const afresh = isObserved ? state.positions.watchAgain(registered) : registered
    if (isObserved) writer.soon({ row: id })
    if (afresh.entry?.kind === 'refused') return this.rest(afresh)
    this.watch(afresh, { ratchet: state.ratchets.get(id) })
  }

  /** The position has no monitor: its price is shown all the same. */
  private rest(registered: Registered): void {
    const { instrument, side, priceSource } = registered.position
    this.deps.engine.sink.board.stream(instrument, viewOf(side, priceSource))
    this.own(registered)
  }

  /** The position owns its part of the holding, whether or not it has a monitor. */
  private own({ position, generation }: Registered): void {
    send(this.deps.engine.gateway, { kind: 'own', position, generation })
  }
}
