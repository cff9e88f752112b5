import { type ActorSystem, actorSystem, type Down, type Ref, send } from './actors/actor.ts'
import { gateway, gatewayState } from './actors/gateway.ts'
import type { GatewayMessage, MonitorMessage, SupervisorMessage } from './actors/messages.ts'
import { monitor, type MonitorShared } from './actors/monitor.ts'
import { Roster, supervisor } from './actors/supervisor.ts'
import { PaperBroker } from './brokers/paper.ts'
import { OFF } from './exits/kill-switch.ts'
import type { PositionId } from './domain/ids.ts'
import type { Position } from './domain/position.ts'
import type { Tick } from './domain/tick.ts'
import { WatchkeeperError } from './errors.ts'
import type { RowSink } from './ports/feed.ts'
import type { Journal } from './ports/journal.ts'
import { Dispatcher } from './risk/dispatcher.ts'
import type { Guard } from './risk/guard.ts'
import type { RuleSet } from './risk/rule.ts'
import { standing, type Standing } from './risk/standing.ts'
import { TickFilter, type TickFilterOptions } from './risk/tick-filter.ts'

export interface VirtualSystemOptions extends TickFilterOptions {
  /** Told of everything that happens, at the moment it happens. */
  readonly journal: Journal
}

/** Times are whole milliseconds: so much later, what is due at a time is due, and nothing else. */
const AFTER_MS = 0.5

const CATCH_UP: MonitorMessage = { kind: 'catch-up' }

/**
 * The whole system in virtual time: the same dispatcher, monitors, supervisor, gateway and paper
 * broker that guard live positions, driven by recorded ticks. Time moves only when no message and
 * no promise is under way, so equal input gives equal output.
 */
export class VirtualSystem implements RowSink {
  /** The last tick that passed the filter: what decides now was decided by it, or by time. */
  lastTick: Tick | undefined
  /** Rows played so far. */
  rows = 0
  private readonly actors: ActorSystem = actorSystem()
  private readonly roster = new Roster()
  private readonly dispatcher: Dispatcher
  private readonly filter: TickFilter
  private readonly broker: PaperBroker
  private readonly supervisor: Ref<SupervisorMessage>
  private readonly passed: Tick[] = []
  private failure: WatchkeeperError | undefined
  /** Time of the last row, epoch ms. */
  private lastAt = -Infinity

  constructor({ journal, ...filterOptions }: VirtualSystemOptions) {
    const { actors, roster } = this
    const onDown = (down: Down): void => this.fail(down)
    const dispatcher: Dispatcher = new Dispatcher({
      wake: ({ position }) => {
        const child = roster.get(position.id)
        if (child !== undefined) send(child.ref, CATCH_UP)
      },
      exit: ({ position }, decision) =>
        send(gatewayRef, { kind: 'exit', decision, position, generation: 1 }),
    })
    const broker = new PaperBroker(dispatcher)
    const monitors = actors.group('monitors')
    const supervisorRef: Ref<SupervisorMessage> = actors.spawn({
      name: 'supervisor',
      epoch: 1,
      initialState: {
        roster,
        parts: {
          dispatcher,
          journal,
          spawnMonitor: (guard: Guard, life: MonitorLife): Ref<MonitorMessage> =>
            spawnMonitor(actors, { guard, ...life, monitors, shared, supervisor: supervisorRef }),
          stopMonitor: (ref: Ref<MonitorMessage>) => actors.stop(ref),
        },
      },
      handle: supervisor,
      onDown,
    })
    const gatewayRef: Ref<GatewayMessage> = actors.spawn({
      name: 'gateway',
      epoch: 1,
      initialState: gatewayState(
        {
          broker,
          journal,
          supervisor: supervisorRef,
          save: () => Promise.resolve(),
          note: () => undefined,
          now: () => dispatcher.now,
          callTimeoutMs: Infinity,
          self: message => send(gatewayRef, message),
          track: call => actors.track(call),
        },
        { exits: [], killSwitch: OFF },
      ),
      handle: gateway,
      onDown,
    })
    const shared: MonitorShared = { dispatcher, gateway: gatewayRef }
    broker.streamOrders(fill => {
      const event = { kind: 'filled', fill } as const
      send(gatewayRef, { kind: 'happened', positionId: fill.positionId, event })
    })
    this.dispatcher = dispatcher
    this.filter = new TickFilter(filterOptions)
    this.broker = broker
    this.supervisor = supervisorRef
  }

  /** Ticks dropped because their price cannot be true. */
  get badTicks(): number {
    return this.filter.dropped
  }

  /** Takes a position under guard. It is guarded from the next row on. */
  guard(position: Position, ruleSet: RuleSet): void {
    send(this.supervisor, { kind: 'guard', position, ruleSet, generation: 1 })
  }

  /** Resolves when every position taken under guard has its monitor. */
  ready(): Promise<void> {
    return this.settled()
  }

  /**
   * Plays one recorded row. Gives a promise only when somebody has to act on it: the next row may
   * be played once that is kept. Rows come in order of time.
   */
  row(tick: Tick): Promise<void> | undefined {
    const at = tick.ts
    this.lastAt = at
    this.rows++
    if (this.dispatcher.nextDue < at) return this.passTo(at).then(() => this.offer(tick, at))
    return this.offer(tick, at)
  }

  /** Ends the replay: what is due up to and including the time of the last row still happens. */
  async finish(): Promise<void> {
    await this.settled()
    await this.passTo(this.lastAt + AFTER_MS)
    this.actors.stopAll()
  }

  /** Where a position stands at the time of the last row; undefined once it is closed. */
  standing(id: PositionId): Standing | undefined {
    const child = this.roster.get(id)
    return child === undefined ? undefined : standing(child.guard, this.lastAt)
  }

  /** Lets everything that is due before `at` happen, one moment after the other. */
  private async passTo(at: number): Promise<void> {
    for (let due = this.dispatcher.nextDue; due < at; due = this.dispatcher.nextDue) {
      this.dispatcher.advance(due + AFTER_MS)
      await this.settled()
    }
  }

  private offer(tick: Tick, at: number): Promise<void> | undefined {
    const { passed } = this
    passed.length = 0
    this.filter.accept(tick, passed)
    if (passed.length === 1) {
      this.show(tick, at)
      return this.actors.isIdle ? undefined : this.settled()
    }
    return passed.length === 0 ? undefined : this.offerAll([...passed], at)
  }

  private async offerAll(ticks: readonly Tick[], at: number): Promise<void> {
    for (const tick of ticks) {
      this.show(tick, at)
      await this.settled()
    }
  }

  private show(tick: Tick, at: number): void {
    this.lastTick = tick
    this.dispatcher.tick(tick, at)
    this.broker.priced(tick.instrument)
  }

  private async settled(): Promise<void> {
    await this.actors.idle()
    if (this.failure !== undefined) throw this.failure
  }

  private fail({ name, reason }: Down): void {
    const message = reason instanceof Error ? reason.message : String(reason)
    this.failure ??= new WatchkeeperError('ACTOR_FAILED', `the ${name} failed: ${message}`, {
      cause: reason,
    })
  }
}

interface MonitorLife {
  readonly epoch: number
  readonly generation: number
}

interface MonitorPlace extends MonitorLife {
  readonly guard: Guard
  readonly monitors: ReturnType<ActorSystem['group']>
  readonly shared: MonitorShared
  readonly supervisor: Ref<SupervisorMessage>
}

function spawnMonitor(
  actors: ActorSystem,
  { guard, epoch, generation, monitors, shared, supervisor: to }: MonitorPlace,
): Ref<MonitorMessage> {
  const positionId = guard.position.id
  return actors.spawn({
    name: `monitor-${positionId}`,
    epoch,
    parent: monitors,
    initialState: { guard, generation, shared },
    handle: monitor,
    onDown: ({ reason }) => send(to, { kind: 'down', positionId, epoch, reason }),
  })
}
