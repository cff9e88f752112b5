import type { ActorRegistry, Child } from '../actors/actor-registry.ts'
import type { PositionId } from '../domain/ids.ts'

/**
 * Finds children in the order in which their positions came, which is nearly that of the register:
 * finding 10,000 of them by their names takes longer than all else in a cycle.
 */
export class InStep {
  private readonly roster: ActorRegistry
  private readonly children: Iterator<Child>
  private next: Child | undefined

  constructor(roster: ActorRegistry) {
    this.roster = roster
    this.children = roster.all()[Symbol.iterator]()
    this.advance()
  }

  /** The child of the position that comes next, or of any other. */
  of(id: PositionId): Child | undefined {
    const { next } = this
    if (next?.guard.position.id === id) {
      this.advance()
      return next
    }
    const child = this.roster.get(id)
    // A child in another place is skipped, or none behind it would be found in step.
    if (child !== undefined) this.advance()
    return child
  }

  private advance(): void {
    const { done, value } = this.children.next() as IteratorResult<Child, undefined>
    this.next = done === true ? undefined : value
  }
}
