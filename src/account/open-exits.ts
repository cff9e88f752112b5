import { generationName, type GenerationKey, type PositionId } from '../domain/ids.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { ReleasedExit } from '../ports/state-repository.ts'

/** The exits that are durable and not over: one of each open position, and those of released generations. */
export class OpenExits {
  private readonly byId = new Map<PositionId, ExitRecord>()
  private readonly byGeneration = new Map<string, ReleasedExit<ExitRecord>>()

  /** Exits of open positions. */
  get open(): ReadonlyMap<PositionId, ExitRecord> {
    return this.byId
  }

  /** Exits of released positions, by generation: their orders are followed to their ends. */
  get released(): ReadonlyMap<string, ReleasedExit<ExitRecord>> {
    return this.byGeneration
  }

  /** The intent to exit a position is durable. Returns whether it is new: an earlier request may come late. */
  begin(record: ExitRecord): boolean {
    const isNew = this.byId.get(record.positionId)?.generation !== record.generation
    if (isNew) this.byId.set(record.positionId, record)
    return isNew
  }

  /** Takes a later state of an exit. Returns whether that exit is open. */
  follow(record: ExitRecord): boolean {
    const isOpen = this.byId.get(record.positionId)?.generation === record.generation
    if (isOpen) this.byId.set(record.positionId, record)
    return isOpen
  }

  /** The exit of a position is over. Returns its last state, where it has one. */
  end(id: PositionId): ExitRecord | undefined {
    const record = this.byId.get(id)
    this.byId.delete(id)
    return record
  }

  /** Takes a state of the exit of a released position. */
  followReleased(exit: ReleasedExit<ExitRecord>): void {
    this.byGeneration.set(generationName(exit.record), exit)
  }

  /** The exit of a released generation is over. */
  endReleased(key: GenerationKey): void {
    this.byGeneration.delete(generationName(key))
  }
}
