import type { ActorRegistry } from '../actors/actor-registry.ts'
import type { KeptNet, NetDeps } from '../actors/gateway-deps.ts'
import type { Decision } from '../domain/decision.ts'
import { generationName, type GenerationKey } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { WatchkeeperError } from '../errors.ts'
import type { NetView } from '../nets/aim.ts'
import { netOf } from '../risk/rules/net.ts'
import { standing } from '../risk/standing.ts'
import { decisionByHand } from './decision-by-hand.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'

export interface NetKeeperDeps {
  readonly state: AccountState
  readonly writer: Pick<StateWriter, 'soon' | 'flush'>
  readonly registry: ActorRegistry
  /** Epoch ms. */
  now(): number
}

/** Names the positions whose rules ask for a net, and makes their nets durable. */
export class NetKeeper implements NetDeps {
  private readonly deps: NetKeeperDeps

  constructor(deps: NetKeeperDeps) {
    this.deps = deps
  }

  /** Open positions whose rules ask for a net. */
  *views(): Iterable<NetView> {
    const { registry, now } = this.deps
    for (const id of registry.netted) {
      const { watched, generation } = registry.get(id)!
      const net = netOf(watched.ruleSet)
      if (watched.closed || net === undefined) continue
      const stop = (): number | undefined => standing(watched, now()).stop ?? undefined
      yield { position: watched.position, generation, net, stop }
    }
  }

  asksForNone({ positionId, generation }: GenerationKey): boolean {
    const child = this.deps.registry.get(positionId)
    return child?.generation === generation && netOf(child.watched.ruleSet) === undefined
  }

  /** Resolves when a net is on disk, with the ratchet that its trigger follows from (P3). */
  async save(net: KeptNet): Promise<void> {
    const { writer, state, registry } = this.deps
    const { positionId, generation } = net.record
    if (!state.positions.isOpen(positionId, generation)) {
      throw new WatchkeeperError(
        'POSITION_UNKNOWN',
        `the position ${positionId} is not open any more`,
      )
    }
    const child = registry.get(positionId)
    const isPresent = child?.generation === generation
    const ratchet = isPresent
      ? ([positionId, { ...child.watched.ratchet(), generation }] as const)
      : undefined
    state.nets.set(generationName(net.record), net)
    writer.soon({ net: { positionId, generation, net }, ...(ratchet && { ratchet }) })
    await writer.flush()
  }

  /** Makes a later state of a net durable soon. */
  note(net: KeptNet): void {
    const { positionId, generation } = net.record
    this.deps.state.nets.set(generationName(net.record), net)
    this.deps.writer.soon({ net: { positionId, generation, net } })
  }

  forget(key: GenerationKey): void {
    const { positionId, generation } = key
    this.deps.state.nets.delete(generationName(key))
    this.deps.writer.soon({ net: { positionId, generation } })
  }

  decide(position: Position, level: number, at: number): Decision {
    const decision = decisionByHand(this.deps.registry, position, { reason: 'venue-stop', at })
    return { ...decision, level }
  }
}
