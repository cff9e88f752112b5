import { send, type Ref } from '../actors/actor.ts'
import type { GatewayMessage } from '../actors/messages.ts'
import type { PositionId } from '../domain/ids.ts'

type ExitMessage = Extract<GatewayMessage, { kind: 'exit' }>

export interface ExitRequestsDeps {
  /** The present incarnation. */
  gateway(): Ref<GatewayMessage>
  /** Whether the exit is durable, or its position is no longer open. */
  isAnswered(message: ExitMessage): boolean
}

/**
 * Requests of a person, the kill switch or a limit for exits. No monitor repeats them, and a gateway that crashes
 * forgets requests that it had not recorded: they are repeated here.
 */
export class ExitRequests {
  private readonly parts: ExitRequestsDeps
  private readonly open = new Map<PositionId, ExitMessage>()

  constructor(parts: ExitRequestsDeps) {
    this.parts = parts
  }

  /** Asks for an exit, again in each cycle until it is answered. */
  ask(message: ExitMessage): void {
    this.open.set(message.position.id, message)
    send(this.parts.gateway(), message)
  }

  /** Repeats every request that was not answered. */
  repeat(): void {
    for (const [id, message] of this.open) {
      if (this.parts.isAnswered(message)) this.open.delete(id)
      else send(this.parts.gateway(), message)
    }
  }

  /** Stops asking for an exit that was taken back. */
  forget(id: PositionId): void {
    this.open.delete(id)
  }
}
