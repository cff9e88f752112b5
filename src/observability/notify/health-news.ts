import type { NoticeFacts } from '../metrics/facts.ts'
import { Heartbeat, type HeartbeatOptions } from './heartbeat.ts'
import { Notifier, type NotifierOptions } from './notifier.ts'
import { channelOf } from './registry.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HealthSnapshot } from '../../ports/control.ts'

type Wired = 'monotonic' | 'onFailure'

/** Who hears of the health, and how often. */
export interface NotifySettings extends Omit<NotifierOptions, 'channels' | Wired> {
  readonly channels: readonly Parameters<typeof channelOf>[0][]
  readonly heartbeat?: Omit<HeartbeatOptions, Wired> | undefined
}

/** Tells people how the service is: its changes, and, by a heartbeat, that it lives at all. */
export class HealthNews {
  private readonly notifier: Notifier
  private readonly heartbeat: Heartbeat | undefined

  constructor(
    { channels, heartbeat, ...options }: NotifySettings,
    clock: Clock,
    onFailure: (to: string, why: string) => void,
  ) {
    const monotonic = (): number => clock.monotonic()
    this.notifier = new Notifier({
      ...options,
      channels: channels.map(channelOf),
      ...{ monotonic, onFailure },
    })
    if (heartbeat === undefined) return
    this.heartbeat = new Heartbeat({
      ...{ ...heartbeat, monotonic },
      onFailure: why => onFailure('heartbeat', why),
    })
  }

  /** Takes the health of a cycle; nobody waits for what follows from it. */
  observe(snapshot: HealthSnapshot): void {
    this.notifier.observe(snapshot)
    this.heartbeat?.observe(snapshot.status)
  }

  /** What was told so far. */
  get counts(): NoticeFacts {
    const { counts, waiting } = this.notifier
    return { ...counts, waiting, ...(this.heartbeat?.counts ?? { beats: 0, missedBeats: 0 }) }
  }

  /** Gives up what is not delivered. */
  async stop(): Promise<void> {
    await Promise.all([this.notifier.stop(), this.heartbeat?.stop()])
  }
}
