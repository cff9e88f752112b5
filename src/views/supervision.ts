import type { Account } from '../account/account.ts'
import {
  UNHARMED,
  type ActorRegistry,
  type Child,
  type Supervised,
} from '../actors/actor-registry.ts'
import { livenessOf, send, type Ref } from '../actors/actor.ts'
import type { Actor, SupervisorMessage } from '../actors/messages.ts'
import { monitorName } from '../actors/supervisor-state.ts'
import { expectedWord } from '../domain/closest-name.ts'
import { positionId } from '../domain/ids.ts'
import { WatchkeeperError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { ActorView, Supervising } from '../ports/supervision.ts'
import { restartsWithin } from '../resilience/restarts.ts'
import type { Supervision } from '../resilience/supervision-policy.ts'

export interface SupervisionDeps {
  readonly registry: ActorRegistry
  readonly supervisor: Ref<SupervisorMessage>
  readonly policy: Supervision
  readonly clock: Clock
  /** Journals an act of a person. */
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
}

/** The supervision of a running account. */
export function supervisionOf(account: Account): SupervisionView {
  const { engine, clock, supervision: policy } = account
  const { registry, supervisor } = engine
  return new SupervisionView({
    registry,
    supervisor,
    policy,
    clock,
    note: (kind, detail) => account.note(kind, detail),
  })
}

/** The supervisor's actors, for the API and the command line. */
export class SupervisionView implements Supervising {
  private readonly parts: SupervisionDeps

  constructor(parts: SupervisionDeps) {
    this.parts = parts
  }

  supervisionTree(limit = 1_000): readonly ActorView[] {
    const { registry, supervisor } = this.parts
    const monitors = [...registry.all()].toSorted((a, b) => troubleOf(b) - troubleOf(a))
    return [
      this.view(
        { kind: 'supervisor' },
        { ...ALWAYS_UP, status: { kind: 'running', ref: supervisor } },
      ),
      ...[...registry.services()].map(([kind, service]) => this.view({ kind }, service)),
      ...monitors.slice(0, limit).map(child => this.view(actorOf(child), child)),
    ]
  }

  /** Actors that exist once and are not running at the moment, each with its last error. */
  down(): { readonly what: string }[] {
    return [...this.parts.registry.services()]
      .filter(([, { status }]) => status.kind !== 'running')
      .map(([kind, { crashes }]) => ({ what: `${kind} (${crashes.lastError ?? 'no error'})` }))
  }

  /** Crashes of all actors within their windows. */
  restartsInWindow(): number {
    const { registry } = this.parts
    let sum = 0
    for (const [kind, service] of registry.services()) sum += this.recent(kind, service)
    for (const id of registry.harmed) sum += this.recent('monitor', registry.get(id)!)
    return sum
  }

  async restart(id: string, by: string): Promise<ActorView> {
    const actor = this.find(id)
    const isKnown =
      actor !== undefined &&
      (await new Promise<boolean>(resolve => {
        const isSent = send(this.parts.supervisor, { kind: 'restart', actor, done: resolve })
        if (!isSent) resolve(false)
      }))
    const seen = actor && this.seen(actor)
    if (!isKnown || seen === undefined) {
      throw new WatchkeeperError('ACTOR_UNKNOWN', this.unknown(id))
    }
    const view = this.view(actor, seen)
    this.parts.note('actor-restarted-by-hand', { actor: id, epoch: view.epoch, by })
    return view
  }

  private unknown(id: string): string {
    const known = [...this.parts.registry.services()].map(([kind]) => kind)
    const monitors = monitorName(positionId('<id of a position>'))
    const expected = expectedWord(id, known, `one of ${known.join(', ')}, ${monitors}`)
    return `found the actor ${JSON.stringify(id)}, expected ${expected}`
  }

  private find(id: string): Actor | undefined {
    const { registry } = this.parts
    const prefix = monitorName(positionId(''))
    if (id.startsWith(prefix)) {
      const child = registry.get(positionId(id.slice(prefix.length)))
      return child && actorOf(child)
    }
    for (const [kind] of registry.services()) if (kind === id) return { kind }
    return undefined
  }

  private seen(actor: Actor): Supervised | undefined {
    const { registry } = this.parts
    return actor.kind === 'monitor' ? registry.get(actor.positionId) : registry.service(actor.kind)
  }

  private recent(kind: ActorView['kind'], { crashes }: Supervised): number {
    if (crashes.total === 0 || kind === 'supervisor') return 0
    return restartsWithin(this.parts.policy[kind], crashes.recent, this.parts.clock.monotonic())
  }

  private view(actor: Actor | { readonly kind: 'supervisor' }, seen: Supervised): ActorView {
    const { status, crashes, epoch } = seen
    const liveness = status.kind === 'running' ? livenessOf(status.ref) : undefined
    return {
      kind: actor.kind,
      id: 'positionId' in actor ? monitorName(actor.positionId) : actor.kind,
      epoch,
      // An actor that has just ended has no planned restart yet.
      state: status.kind === 'running' && liveness?.stopped !== false ? 'backoff' : status.kind,
      busySince: this.epochMs(liveness?.busySince),
      lastBeatAt: this.epochMs(liveness?.lastBeatAt),
      queued: liveness?.queued ?? 0,
      restartsInWindow: this.recent(actor.kind, seen),
      restarts: crashes.total,
      lastError: crashes.lastError ?? null,
      nextRestartAt: status.kind === 'backoff' ? this.epochMs(status.until) : null,
    }
  }

  /** A time of the monotonic clock as the wall clock has it now. */
  private epochMs(monotonicMs: number | undefined): number | null {
    if (monotonicMs === undefined || Number.isNaN(monotonicMs)) return null
    const { clock } = this.parts
    return Math.round(clock.now() - (clock.monotonic() - monotonicMs))
  }
}

/** A supervisor is never replaced: when it ends, the process ends. */
const ALWAYS_UP: Pick<Supervised, 'epoch' | 'crashes'> = { epoch: 1, crashes: UNHARMED }

const actorOf = ({ watched }: Child): Actor => ({
  kind: 'monitor',
  positionId: watched.position.id,
})

/** Order of the list: quarantined actors first, then those in backoff, then those that crashed most. */
function troubleOf({ status, crashes }: Child): number {
  const weight = { quarantined: 2e9, backoff: 1e9, running: 0 }[status.kind]
  return weight + crashes.total
}
