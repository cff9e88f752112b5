import { noNetFor } from '../account/no-net.ts'
import { mergedRules } from '../account/rule-judgement.ts'
import { conflictsOf } from '../account/same-position.ts'
import { ruleSetOf } from '../account/stored-rules.ts'
import { accountText } from '../domain/account-name.ts'
import { positionId } from '../domain/ids.ts'
import { layerOf, type Layer } from '../domain/layer.ts'
import { ConflictError, WatchkeeperError } from '../errors.ts'
import type {
  Added,
  AddRequest,
  Amendment,
  ChangedView,
  PositionView,
  RulesPreview,
  RulesRequest,
} from '../ports/control/positions.ts'
import type { Requester } from '../ports/control/requester.ts'
import type { WhyView } from '../ports/control/why.ts'
import type { Registered } from '../ports/state-repository.ts'
import { explain } from '../risk/explain.ts'
import type { ControlDeps } from './control-deps.ts'
import { exitView } from './exit-view.ts'
import { netViewOf } from './net-view.ts'
import { viewOf } from './position-view.ts'
import { unguardedText } from './unguarded-text.ts'

/** Queries about positions and changes of them. */
export class PositionControl {
  protected readonly deps: ControlDeps

  constructor(deps: ControlDeps) {
    this.deps = deps
  }

  positions(): readonly PositionView[] {
    const { positions } = this.deps.account.state
    return [...positions.shownOpen()].map(registered => this.view(registered))
  }

  *openIds(): Iterable<string> {
    for (const { position } of this.deps.account.state.positions.shownOpen()) yield position.id
  }

  position(id: string): PositionView | undefined {
    const registered = this.deps.account.state.positions.shown(positionId(id))
    return registered?.state === 'open' ? this.view(registered) : undefined
  }

  why(id: string): WhyView | undefined {
    const position = this.position(id)
    const child = this.deps.account.engine.registry.get(positionId(id))
    if (position === undefined) return undefined
    const rules = child === undefined ? [] : explain(child.watched, this.deps.clock.now())
    const { account, desk, exitable, clock } = this.deps
    const waits = {
      account,
      desk,
      accountWhy: exitable?.accountWhy,
      steadyMs: account.clock.steady(),
      monotonicMs: clock.monotonic(),
    }
    const exit = exitView({ account, waits }, positionId(id))
    const net = netViewOf(this.deps.account, positionId(id))
    const unguarded = this.unguardedWhy(id)
    return {
      position,
      ...(unguarded !== undefined && { unguarded }),
      rules,
      ...(net && { net }),
      ...(exit && { exit }),
    }
  }

  private unguardedWhy(id: string): string | undefined {
    const { coverage, engine, state } = this.deps.account
    const registered = state.positions.shown(positionId(id))
    if (registered?.state !== 'open') return undefined
    const { cause } = coverage.standingOf(registered)
    const child = engine.registry.get(positionId(id))
    return cause && unguardedText({ cause, child, entry: registered.entry })
  }

  async add({ warnings = [], ...request }: AddRequest, by: Requester): Promise<Added> {
    const { account } = this.deps
    await this.endDurable(request.position.id)
    const known = this.guarded(request)
    if (known !== undefined) return this.added(known, { warnings, isNew: false })
    const { wanted, warnings: ofEntry } = account.admission.admit(request)
    const all = [...warnings, ...ofEntry]
    try {
      const registered = await account.changes.add(wanted, requesterText(by))
      return this.added(registered, { warnings: all, isNew: true })
    } catch (error) {
      if (!(error instanceof WatchkeeperError) || error.code !== 'POSITION_EXISTS') throw error
      // Another request has added the position meanwhile.
      const row = this.guarded(request)
      if (row === undefined) throw error
      return this.added(row, { warnings: all, isNew: false })
    }
  }

  private added(
    row: Registered,
    { warnings, isNew }: { readonly warnings: readonly string[]; readonly isNew: boolean },
  ): Added {
    const all = [...warnings, ...this.netWarnings(row)]
    return { added: { ...this.view(row), warnings: all }, isNew }
  }

  /** Warnings where the net that the rules ask for cannot rest at the venue. */
  private netWarnings({ position, rules }: Pick<Registered, 'position' | 'rules'>): string[] {
    const { engine, instruments } = this.deps.account
    const { capabilities, listsOrders } = engine.book.settings
    const asked = { position, ruleSet: ruleSetOf({ position, rules }) }
    const spec = instruments.of(position.instrument)
    const why = noNetFor(asked, { capabilities, listsOrders, spec })
    return why === undefined ? [] : [`rules.net: no net: ${why}`]
  }

  /**
   * The guarded position that a request describes. @throws WatchkeeperError POSITION_EXISTS for another position
   * of this id.
   */
  private guarded(request: AddRequest): Registered | undefined {
    const { id } = request.position
    const row = this.deps.account.state.positions.get(id)
    if (row?.state !== 'open') return undefined
    const conflicts = conflictsOf(request, row)
    if (conflicts.length === 0) return row
    throw new ConflictError('POSITION_EXISTS', `another position ${id} is guarded`, conflicts)
  }

  async changeRules(id: string, request: RulesRequest, by: Requester): Promise<ChangedView> {
    const { account } = this.deps
    await this.endDurable(id)
    const { registered, changes } = await account.changeRules(
      positionId(id),
      request,
      requesterText(by),
    )
    const warnings = [...(request.warnings ?? []), ...this.netWarnings(registered)]
    return { ...this.view(registered), changes, warnings }
  }

  async amend(id: string, request: Amendment, by: Requester): Promise<ChangedView> {
    const { account } = this.deps
    await this.endDurable(id)
    const registered = await account.amend(positionId(id), request, requesterText(by))
    return { ...this.view(registered), changes: [], warnings: request.warnings ?? [] }
  }

  previewRules(id: string, request: RulesRequest): RulesPreview {
    const { changes, next } = this.deps.account.changes.previewRules(positionId(id), request)
    const { position, rules } = this.deps.account.state.positions.get(positionId(id))!
    const after = { position, rules: mergedRules({ position, rules }, request) }
    return { changes, ...next, warnings: [...(request.warnings ?? []), ...this.netWarnings(after)] }
  }

  async release(id: string, by: Requester): Promise<void> {
    await this.endDurable(id)
    return this.deps.account.release(positionId(id), requesterText(by))
  }

  async exit(id: string, by: Requester): Promise<PositionView> {
    const { account } = this.deps
    await this.endDurable(id)
    const registered = account.state.positions.openRow(positionId(id))
    const { unguardedBy: _cause, ...asked } = this.view(registered)
    // The journal line of the intent has the time and the reason; only this line, in an earlier
    // commit, has the requester.
    const written = account.record('exit-asked', { positionId: id, by: requesterText(by) })
    account.manualExits.exit(positionId(id), 'manual')
    await Promise.all([written, account.manualExits.whenDurable(positionId(id))])
    const { generation } = registered
    if (account.state.positions.isOpen(positionId(id), generation)) return this.view(registered)
    // It is over already: without its monitor it would be shown as unguarded.
    return { ...asked, state: 'exiting', reason: 'manual' }
  }

  /** Waits until the end of a position is durable: before that no answer may state that it has closed. */
  private async endDurable(id: string): Promise<void> {
    const { account } = this.deps
    if (account.state.positions.isEnding(positionId(id))) await account.flush()
  }

  /** The layers that protect a position now; watchkeeper's own stop does not count while exits cannot leave. */
  private layerIn(
    { position: { id: positionId }, generation }: Registered,
    { unguardedBy, exitable }: PositionView,
  ): Layer {
    const net = this.deps.account.engine.nets.table.of({ positionId, generation })
    return layerOf({
      isGuarded: unguardedBy === undefined && exitable?.state !== 'no',
      isNetted: net?.isProtecting === true,
    })
  }

  private view(registered: Registered): PositionView {
    const { account, clock, name } = this.deps
    const exitable = this.deps.exitable?.of(registered.position.id)
    const shown = { ...viewOf(account, registered, clock.now()), ...(exitable && { exitable }) }
    const view = { ...shown, layer: this.layerIn(registered, shown) }
    if (name === undefined) return view
    const { account: part } = view
    return { ...view, account: accountText(part === undefined ? { name } : { name, part }) }
  }
}

/** The requester and its address, for the journal. */
export const requesterText = ({ who, from }: Requester): string => `${who} at ${from}`
