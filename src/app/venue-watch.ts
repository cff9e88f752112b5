import type { Account } from '../account/account.ts'
import type { PositionMode } from '../brokers/venue/account.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Trouble } from '../observability/health.ts'
import type { Broker } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { TrustedOptions } from './options.ts'
import { isVenue, specsAt } from './venue-start.ts'

export interface VenueWatchDeps {
  /** The account through the call desk: what it asks counts in the venue's limits. */
  readonly venue: Required<Pick<Broker, 'positionMode' | 'instruments'>>
  /** What the account is configured as. */
  readonly positionMode: PositionMode
  /** The table of the service; `configured` are the specifications that the configuration states. */
  readonly instruments: InstrumentTable
  readonly configured: InstrumentTable
  readonly callTimeoutMs: number
  readonly system: Pick<Account, 'note'>
  readonly clock: Clock
}

/** Time between two questions for the position mode, ms: one weighs 30 of 2,400 a minute at Binance. */
const MODE_MS = 60_000
const INSTRUMENTS_MS = 86_400_000
/** Time until a question that failed is asked again, ms. */
const AGAIN_MS = 60_000

/** Watches what of an account at a venue can change while it is guarded: its position mode, and instruments. */
export class VenueWatch {
  private readonly deps: VenueWatchDeps
  private found: PositionMode | undefined
  private modeAt: number
  private instrumentsAt: number
  private running: Promise<void> | undefined

  constructor(deps: VenueWatchDeps) {
    this.deps = deps
    const now = deps.clock.monotonic()
    // Both were read at the start.
    this.modeAt = now + MODE_MS
    this.instrumentsAt = now + INSTRUMENTS_MS
  }

  /** Asks what is due, and does not wait for the answer. Once a cycle. */
  cycle(): void {
    this.running ??= this.ask().finally(() => (this.running = undefined))
  }

  /** Resolves when no question is open. */
  async idle(): Promise<void> {
    await this.running
  }

  /** The other mode than the configured one: the venue takes no order of this service. */
  troubles(): readonly Trouble[] {
    const { positionMode } = this.deps
    if (this.found === undefined || this.found === positionMode) return []
    const what = `the account is in ${this.found} mode, and broker.positionMode is ${positionMode}: the venue refuses every exit`
    return [{ what }]
  }

  private async ask(): Promise<void> {
    const now = this.deps.clock.monotonic()
    if (now >= this.modeAt) {
      this.modeAt = now + MODE_MS
      await this.askMode()
    }
    if (now < this.instrumentsAt) return
    this.instrumentsAt = now + ((await this.askInstruments()) ? INSTRUMENTS_MS : AGAIN_MS)
  }

  private async askMode(): Promise<void> {
    const { venue, callTimeoutMs, positionMode, system } = this.deps
    // A venue that does not answer leaves the last answer; its calls are counted elsewhere.
    const mode = await venue.positionMode(AbortSignal.timeout(callTimeoutMs)).catch(() => undefined)
    if (mode === undefined || mode === (this.found ?? positionMode)) return
    this.found = mode
    const kind = mode === positionMode ? 'position-mode-restored' : 'position-mode-changed'
    system.note(kind, { mode, configured: positionMode })
  }

  /** Whether the instruments were read. */
  private async askInstruments(): Promise<boolean> {
    const { venue, callTimeoutMs, instruments, configured } = this.deps
    const facts = await venue.instruments(AbortSignal.timeout(callTimeoutMs)).catch(() => undefined)
    if (facts === undefined || facts.length === 0) return false
    instruments.refresh(specsAt(configured, facts))
    return true
  }
}

/** Watches the account of a service; undefined where it is at no venue. */
export function venueWatchOf(
  { config, clock }: Pick<TrustedOptions, 'config' | 'clock'>,
  deps: Pick<VenueWatchDeps, 'system' | 'instruments'> & {
    readonly broker: Pick<Broker, 'positionMode' | 'instruments'>
  },
): VenueWatch | undefined {
  const { broker, instruments: configured } = config
  const { system, instruments } = deps
  const { positionMode: mode, instruments: listed } = deps.broker
  if (mode === undefined || listed === undefined || !isVenue(broker)) return undefined
  const { positionMode, callTimeoutMs } = broker
  return new VenueWatch({
    venue: { positionMode: mode, instruments: listed },
    positionMode,
    instruments,
    configured,
    callTimeoutMs,
    system,
    clock,
  })
}
