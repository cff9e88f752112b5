import type { Account } from '../account/account.ts'
import type { PositionMode } from '../brokers/venue/account.ts'
import type { AccessFacts } from '../calls/access-drill.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Trouble } from '../observability/health.ts'
import type { TrustedOptions } from './options.ts'
import { isVenue, specsAt } from './venue-start.ts'

export interface VenueWatchDeps {
  /** The last answers of the account; `AccessDrill` asks for them through the call desk. */
  readonly access: { readonly facts: Pick<AccessFacts, 'mode' | 'instruments' | 'permissions'> }
  /** What the account is configured as; undefined: it has no mode. */
  readonly positionMode: PositionMode | undefined
  /** The table of the service; `configured` are the specifications that the configuration states. */
  readonly instruments: InstrumentTable
  readonly configured: InstrumentTable
  readonly account: Pick<Account, 'note'> & {
    readonly state: { readonly positions: Pick<Account['state']['positions'], 'open'> }
  }
}

/** Reads what may change at a venue while an account is guarded: position mode, instruments, rights of the key. */
export class VenueWatch {
  private readonly deps: VenueWatchDeps
  private mode: PositionMode | undefined
  private listed: AccessFacts['instruments']
  private mayWithdraw = false
  /** Positions that were journaled, with both multipliers. */
  private readonly unlike = new Set<string>()

  constructor(deps: VenueWatchDeps) {
    this.deps = deps
    // The start refuses an account in the other mode.
    this.mode = deps.positionMode
  }

  /** Takes the answers that came since the last cycle; makes no call. Once a cycle. */
  cycle(): void {
    const { mode, instruments, permissions } = this.deps.access.facts
    this.takeMode(mode)
    this.takeWithdrawals(permissions)
    if (instruments !== this.listed) this.noteMultipliers(instruments)
    if (instruments === undefined || instruments === this.listed) return
    this.listed = instruments
    this.deps.instruments.refresh(specsAt(this.deps.configured, [...instruments.values()]))
  }

  /** The other mode than the configured one: the venue takes no order of this service. */
  troubles(): readonly Trouble[] {
    const { mode, deps } = this
    if (mode === deps.positionMode) return []
    const what = `the account is in ${mode} mode, and broker.positionMode is ${deps.positionMode}: the venue refuses every exit`
    return [{ what }]
  }

  /** A key that may withdraw: it is used all the same, as no position may be left unguarded. */
  withdrawalTroubles(): readonly Trouble[] {
    return this.mayWithdraw ? [{ what: 'the key may withdraw: guarding does not need that' }] : []
  }

  /** Open positions whose multiplier is another one than the venue says that a contract is worth. */
  multiplierTroubles(): readonly Trouble[] {
    return [...this.unlikePositions(this.listed)].map(({ id, stored, multiplier }) => ({
      what: `${id}: its multiplier is ${stored}, and a contract is worth ${multiplier}: its profit and loss are wrong by that`,
    }))
  }

  private noteMultipliers(listed: AccessFacts['instruments']): void {
    for (const { id, stored, multiplier } of this.unlikePositions(listed)) {
      const found = `${id} ${stored} ${multiplier}`
      if (this.unlike.has(found)) continue
      this.unlike.add(found)
      this.deps.account.note('multiplier-unlike', { positionId: id, stored, listed: multiplier })
    }
  }

  private *unlikePositions(listed: AccessFacts['instruments']) {
    if (listed === undefined) return
    const { account, configured } = this.deps
    for (const { position } of account.state.positions.open.values()) {
      const { id, instrument, multiplier: stored } = position
      const multiplier = listed.get(instrument)?.multiplier ?? 1
      const isStated = configured.of(instrument).multiplier !== 1
      if (multiplier !== 1 && stored !== multiplier && !isStated) yield { id, stored, multiplier }
    }
  }

  private takeWithdrawals(permissions: AccessFacts['permissions']): void {
    if (permissions === undefined) return
    const mayWithdraw = permissions.withdraw === true
    if (mayWithdraw && !this.mayWithdraw) this.deps.account.note('key-may-withdraw', {})
    this.mayWithdraw = mayWithdraw
  }

  private takeMode(mode: PositionMode | undefined): void {
    const { positionMode, account } = this.deps
    if (positionMode === undefined || mode === undefined || mode === this.mode) return
    this.mode = mode
    const kind = mode === positionMode ? 'position-mode-restored' : 'position-mode-changed'
    account.note(kind, { mode, configured: positionMode })
  }
}

/** Watches the account of a service; undefined where nothing is read of its instruments at the start. */
export function venueWatchOf(
  { config }: Pick<TrustedOptions, 'config'>,
  deps: Pick<VenueWatchDeps, 'account' | 'instruments' | 'access'>,
): VenueWatch | undefined {
  const { broker, instruments: configured } = config
  if (!isVenue(broker) && broker.kind !== 'http') return undefined
  const positionMode = isVenue(broker) ? broker.positionMode : undefined
  return new VenueWatch({ ...deps, positionMode, configured })
}
