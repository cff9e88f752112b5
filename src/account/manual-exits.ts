import type { PositionId } from '../domain/ids.ts'
import type { Engine } from '../engine/engine.ts'
import { WatchkeeperError } from '../errors.ts'
import { decisionByHand } from './decision-by-hand.ts'
import { ExitRequests } from './exit-requests.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'

export interface ManualExitsDeps {
  readonly engine: Pick<Engine<unknown>, 'registry' | 'gateway'>
  readonly state: AccountState
  readonly writer: Pick<StateWriter, 'isSaved'>
  /** Epoch ms. */
  now(): number
}

/** Time between two checks whether an intent is durable, and the longest wait for that, ms. */
const POLL_MS = 5
const LONGEST_MS = 10_000

/** Exits that a person, the kill switch or a limit decides, and no rule. */
export class ManualExits {
  private readonly deps: ManualExitsDeps
  private readonly requests: ExitRequests

  constructor(deps: ManualExitsDeps) {
    const { engine, state } = deps
    this.deps = deps
    this.requests = new ExitRequests({
      gateway: () => engine.gateway,
      isAnswered: ({ position: { id }, generation }) => {
        const row = state.positions.get(id)
        const isOpen = row?.state === 'open' && row.generation === generation
        return !isOpen || row.observed !== undefined || state.openExits.has(id)
      },
    })
  }

  /**
   * Asks for the exit of a position at market; a later call joins the first.
   * @throws WatchkeeperError POSITION_UNKNOWN where it is not open.
   */
  exit(id: PositionId, reason: 'manual' | 'kill-switch' | 'daily-loss'): void {
    const { engine, state, now } = this.deps
    const { position, generation } = state.positions.openRow(id)
    const decision = decisionByHand(engine.registry, position, { reason, at: now() })
    this.requests.ask({ kind: 'exit', decision, position, generation })
  }

  /** Repeats every request that was not answered. */
  repeat(): void {
    this.requests.repeat()
  }

  /** Stops asking for an exit that a person has discarded. */
  forget(id: PositionId): void {
    this.requests.forget(id)
  }

  /**
   * Resolves when the intent to exit a position is durable, or its exit is over.
   *
   * @throws WatchkeeperError STORE_FAILED where the intent is not durable within `LONGEST_MS`; the request for the
   * exit stays.
   */
  async whenDurable(id: PositionId): Promise<void> {
    const { writer, state } = this.deps
    const { positions, openExits } = state
    for (let waitedMs = 0; waitedMs < LONGEST_MS; waitedMs += POLL_MS) {
      const registered = positions.get(id)
      const isOver = registered?.state !== 'open' || registered.observed !== undefined
      if (isOver ? writer.isSaved(id) : openExits.has(id)) return
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
    const text = `the exit of ${id} is asked for, and not durable yet: it is asked for again until it is`
    throw new WatchkeeperError('STORE_FAILED', text)
  }
}
