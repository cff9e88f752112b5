import { send } from '../actors/actor.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { Engine } from '../engine/engine.ts'
import { InputError, WatchkeeperError } from '../errors.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Clock } from '../ports/clock.ts'
import type { RulesRequest } from '../ports/control.ts'
import type {
  Entry,
  KeptLine,
  KeptRatchet,
  Registered,
  ReleasedExit,
} from '../ports/state-repository.ts'
import { refuseImmediateExit } from '../risk/at-once.ts'
import { levelsAt, refuseLooser, ruleChanges, type RuleChange } from '../risk/rule-change.ts'
import { standing } from '../risk/standing.ts'
import { AccountNames } from './account-names.ts'
import { closedError } from './admission.ts'
import { beginningOf } from './beginning.ts'
import { lineOf } from './journal-line.ts'
import type { PositionTable } from './position-table.ts'
import { Sides } from './sides.ts'
import type { StateWriter } from './state-writer.ts'
import { ruleSetOf } from './stored-rules.ts'

/** Takes back what an account was given for a position that was not registered after all. */
export type TakeBack = () => Promise<void>

export interface PositionChangesParts {
  readonly rows: PositionTable
  readonly writer: Pick<StateWriter, 'now'>
  readonly core: Pick<Engine<unknown>, 'roster' | 'supervisor' | 'gateway' | 'dispatcher'>
  readonly clock: Clock
  /** The venue holds one signed quantity an instrument. */
  readonly isNet: boolean
  /** Awaited before a new position is registered: its account must hold it. */
  readonly beforeGuard?: ((registered: Registered) => Promise<TakeBack> | Promise<void>) | undefined
  /** The exit of a life of a position, as far as it has come; undefined where none was decided. */
  exitOf(id: PositionId, generation: number): ExitRecord | undefined
  /** A position is released, and that is durable; `exit` is followed to its end. */
  released(registered: Registered, exit: ReleasedExit<ExitRecord> | undefined): void
  /** Takes a registered position under guard; `guarded` is called once it is. */
  guard(registered: Registered, guarded: () => void): void
}

/** A position that is to be registered, and the options of its rules. */
export interface Wanted {
  readonly position: Position
  readonly rules: Registered['rules']
  /** An id that was used before is refused. */
  readonly mustBeNew?: boolean
  /** See Registered. */
  readonly entry?: Entry
  /** The account holds it for certain: a simulated one must not be given it. */
  readonly isHeld?: boolean
}

/** A position with its new rules, and what has become of each rule. */
export interface RulesChanged {
  readonly registered: Registered
  readonly changes: readonly RuleChange[]
}

/** A life whose exit is dropped, and the ratchet that its next life goes on with. */
interface Renewal {
  readonly id: PositionId
  readonly generation: number
  readonly ratchet: KeptRatchet | undefined
}

/** Failures after which no position is registered for certain. */
const UNKEPT: ReadonlySet<unknown> = new Set([
  'STORE_FULL',
  'STORE_GONE',
  'NOT_SENT',
  'POSITION_EXISTS',
  'POSITION_CLOSED',
])

/** Positions that are written in one commit. */
const CHUNK = 500

/** Changes the register of positions: one change of an id after the other, durable before it counts. */
export class PositionChanges {
  private readonly parts: PositionChangesParts
  private readonly turns = new Map<PositionId, Promise<unknown>>()
  /** Positions that are not registered yet, and will be. */
  private readonly coming = new Set<Position>()
  /** What an account is still to give back. */
  private readonly owed: TakeBack[] = []
  private readonly comingSides = new Sides()
  private readonly comingAccounts = new AccountNames()

  constructor(parts: PositionChangesParts) {
    this.parts = parts
  }

  /** Whether a position of an instrument is being registered. */
  isComing(instrument: Position['instrument']): boolean {
    return [...this.coming].some(position => position.instrument === instrument)
  }

  /** Takes a position under guard; it is durable when the promise resolves. */
  async add(wanted: Wanted, by: string): Promise<Registered> {
    return this.inTurn(wanted.position.id, async () => {
      const [registered] = await this.register([wanted], by)
      return registered!
    })
  }

  /** Takes many positions under guard, a few hundred in one commit. Their ids are all different. */
  async addAll(wanted: readonly Wanted[], by: string): Promise<void> {
    for (let from = 0; from < wanted.length; from += CHUNK) {
      await this.register(wanted.slice(from, from + CHUNK), by)
    }
  }

  /**
   * Gives a position other rules; durable when the promise resolves. They may only tighten unless
   * `force`, and must not exit at once unless `exitNow`. Rules that stay as they are change nothing.
   */
  async changeRules(id: PositionId, request: RulesRequest, by: string): Promise<RulesChanged> {
    return this.inTurn(id, async () => {
      const { core, writer, clock, rows } = this.parts
      const present = this.parts.rows.openRow(id)
      const rules = mergedRules(present, request)
      let registered: Registered = { ...present, rules }
      const ruleSet = ruleSetOf(registered)
      const changes = this.judgeChange(present, registered, request)
      const isRefused = present.entry?.kind === 'refused'
      if (changes.length === 0 && !isRefused) return { registered: present, changes }
      await writer.now({
        ids: [id],
        change: () => {
          const { entry, ...row } = this.parts.rows.openRow(id)
          registered = { ...row, rules, ...(entry !== undefined && !isRefused && { entry }) }
          const line = lineOf(clock.now(), 'rules-changed', id, { by, rules, changes })
          return { register: [registered], lines: [line] }
        },
        done: () => {
          if (!isRefused) rows.changed(id, registered.generation, { rules })
          else if (rows.isOpen(id, registered.generation)) rows.put(registered)
        },
      })
      // It may have closed in the meantime.
      if (!rows.isOpen(id, registered.generation)) return { registered, changes }
      await new Promise<void>(resolve => {
        if (isRefused) this.parts.guard(registered, resolve)
        else send(core.supervisor, { kind: 'rerule', positionId: id, ruleSet, guarded: resolve })
      })
      return { registered: rows.get(id) ?? registered, changes }
    })
  }

  /**
   * Stops guarding a position; the broker's position stays. An order of its exit that may still be
   * executed is cancelled, and followed until it is over.
   */
  async release(id: PositionId, by: string): Promise<Registered> {
    return this.inTurn(id, async () => {
      const { core, writer, clock, rows } = this.parts
      let registered = this.parts.rows.openRow(id)
      let exit: ReleasedExit<ExitRecord> | undefined
      await writer.now({
        ids: [id],
        change: () => {
          const ended = { at: clock.now(), by: 'release' }
          registered = { ...this.parts.rows.openRow(id), state: 'released', ended }
          const { generation, position } = registered
          const record = this.parts.exitOf(id, generation)
          // An order of it may be at the broker, or leave before the gateway hears of the release.
          exit = record && { record, position }
          const line = lineOf(clock.now(), 'position-released', id, { by })
          return {
            register: [registered],
            lines: [line],
            ...(exit !== undefined && { released: [{ positionId: id, generation, exit }] }),
          }
        },
        done: () => {
          const { generation, position } = registered
          if (rows.isOpen(id, generation)) rows.put(registered)
          this.parts.released(registered, exit)
          send(core.supervisor, { kind: 'closed', positionId: id, generation })
          send(core.gateway, { kind: 'release', position, generation })
        },
      })
      return registered
    })
  }

  /**
   * Drops the exit of a position, which begins a new life; durable when the promise resolves.
   * Undefined where that life is open no more.
   */
  async renew({ id, generation, ratchet }: Renewal, by: string): Promise<Registered | undefined> {
    return this.inTurn(id, async () => {
      const { writer, clock, rows } = this.parts
      let renewed: Registered | undefined
      await writer.now({
        ids: [id],
        change: () => {
          const row = rows.get(id)
          if (row === undefined || !rows.isOpen(id, generation)) return {}
          // The id of an order that was ended or refused must not come again.
          renewed = { ...row, generation: rows.nextGeneration(id) }
          const line = lineOf(clock.now(), 'exit-discarded', id, { by })
          const kept = ratchet && { ...ratchet, generation: renewed.generation }
          return {
            register: [renewed],
            lines: [line],
            ...(kept !== undefined && { ratchets: new Map([[id, kept]]) }),
          }
        },
        done: () => {
          const next = renewed?.generation
          if (next !== undefined) rows.changed(id, generation, { generation: next })
        },
      })
      return renewed
    })
  }

  private async register(wanted: readonly Wanted[], by: string): Promise<Registered[]> {
    try {
      return await this.registerAll(wanted, by)
    } finally {
      for (const { position } of wanted) {
        if (!this.coming.delete(position)) continue
        this.comingSides.remove(position)
        this.comingAccounts.remove(position)
      }
    }
  }

  /** Registers positions that the account was given, or takes back what it was given. */
  private async registerAll(wanted: readonly Wanted[], by: string): Promise<Registered[]> {
    const given: TakeBack[] = []
    await this.takeBack()
    try {
      return await this.registerGiven(wanted, { by, given })
    } catch (error) {
      // Of any other failure it is not known whether the store has the positions.
      if (UNKEPT.has((error as { code?: unknown }).code)) {
        this.owed.push(...given)
        await this.takeBack()
      }
      throw error
    }
  }

  /** What cannot be taken back, as on a full disk, is tried again with the next position. */
  private async takeBack(): Promise<void> {
    const tried = this.owed.splice(0)
    const settled = await Promise.allSettled(tried.map(each => each()))
    this.owed.push(...tried.filter((_each, index) => settled[index]!.status === 'rejected'))
  }

  private async registerGiven(
    wanted: readonly Wanted[],
    { by, given }: { by: string; given: TakeBack[] },
  ): Promise<Registered[]> {
    const { rows, writer, clock, beforeGuard } = this.parts
    let registered = wanted.map(each => this.newRow(each))
    if (beforeGuard !== undefined) {
      const missing = registered.filter((_each, index) => wanted[index]!.isHeld !== true)
      const settled = await Promise.allSettled<TakeBack | undefined>(
        missing.map(async each => (await beforeGuard(each)) ?? undefined),
      )
      for (const each of settled) {
        if (each.status === 'fulfilled' && each.value !== undefined) given.push(each.value)
      }
      const failed = settled.find(each => each.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    }
    const guarded: Promise<void>[] = []
    await writer.now({
      ids: registered.map(({ position }) => position.id),
      change: () => {
        registered = registered.map((each, index) => this.begin(each, wanted[index]!))
        const lines = registered.map(({ position, generation }): KeptLine => {
          return lineOf(clock.now(), 'position-added', position.id, { by, generation })
        })
        return { register: registered, lines }
      },
      done: () => {
        for (const each of registered) {
          rows.put(each)
          guarded.push(new Promise<void>(resolve => this.parts.guard(each, resolve)))
        }
      },
    })
    await Promise.all(guarded)
    return registered
  }

  /** The row with the generation that its id gets now. */
  private begin(row: Registered, { mustBeNew = false }: Wanted): Registered {
    const { rows } = this.parts
    const { id } = row.position
    const known = rows.get(id)
    if (mustBeNew && known !== undefined && known.state !== 'open') throw closedError(known)
    if (known?.state !== 'open') return { ...row, generation: rows.nextGeneration(id) }
    throw new WatchkeeperError('POSITION_EXISTS', `position ${id} is guarded already`)
  }

  private newRow(wanted: Wanted): Registered {
    const { position, rules, entry } = wanted
    const row: Registered = {
      position,
      rules,
      generation: 1,
      state: 'open',
      ...(entry !== undefined && { entry }),
    }
    const registered = this.begin(row, wanted)
    this.refuseMixedAccounts(position)
    if (this.parts.isNet) this.refuseOpposite(position)
    ruleSetOf(registered)
    this.coming.add(position)
    this.comingSides.add(position)
    this.comingAccounts.add(position)
    return registered
  }

  /** Throws ACCOUNT_MIXED: two spellings of one account would make two holdings of one. */
  private refuseMixedAccounts(position: Position): void {
    const { id, account } = position
    const isMixed =
      this.parts.rows.namesAccountsUnlike(position) || this.comingAccounts.differFrom(position)
    if (!isMixed) return
    const [found, expected] =
      account === undefined
        ? ['without an account', 'its account, as other positions name theirs']
        : [`in account ${account}`, 'no account, as other positions name none']
    throw new WatchkeeperError('ACCOUNT_MIXED', `found ${id} ${found}, expected ${expected}`)
  }

  /** Throws WRONG_SIDE: what one side closes, the other would lose. */
  private refuseOpposite(position: Position): void {
    const { id, instrument, side } = position
    if (!this.comingSides.oppose(position) && !this.parts.rows.isOpposed(position)) return
    const text = `found ${id} ${side} in ${instrument}, expected the side of the open positions there: the venue nets them`
    throw new WatchkeeperError('WRONG_SIDE', text)
  }

  private judgeChange(
    present: Registered,
    changed: Registered,
    request: RulesRequest,
  ): RuleChange[] {
    const { core, clock } = this.parts
    const { force, exitNow } = request
    const { id } = present.position
    const guard = core.roster.get(id)?.guard
    if (present.entry?.kind === 'refused') return this.judgeEntry(changed, present, request)
    if (guard === undefined || guard.decision !== undefined) {
      throw new WatchkeeperError('POSITION_UNKNOWN', `position ${id} is being exited`)
    }
    const { position } = guard
    const at = clock.now()
    const ratchet = guard.ratchet()
    const [before, after] = [ruleSetOf(present), ruleSetOf(changed)]
    const changes = ruleChanges(before, after, { position, at, ...ratchet })
    if (changes.length === 0) return changes
    const next = levelsAt(position, after, { best: ratchet.best, at })
    if (!force) refuseLooser(position, changes, { present: standing(guard, at), next })
    if (!exitNow) {
      refuseImmediateExit(position, after, {
        ...beginningOf(core.dispatcher.board, position, at),
        ...ratchet,
      })
    }
    return changes
  }

  /** A position that its first price has refused, and that is to be guarded by these rules. */
  private judgeEntry(
    changed: Registered,
    present: Registered,
    { force, exitNow }: RulesRequest,
  ): RuleChange[] {
    const { core, clock } = this.parts
    const { position } = present
    const beginning = beginningOf(core.dispatcher.board, position, clock.now())
    const [before, after] = [ruleSetOf(present), ruleSetOf(changed)]
    const changes = ruleChanges(before, after, { position, ...beginning })
    const none = { stop: null, target: null }
    if (!force) refuseLooser(position, changes, { present: none, next: none })
    if (!exitNow) refuseImmediateExit(position, after, beginning)
    return changes
  }

  /** Runs a change once the changes of the same id that were asked for before are over. */
  private async inTurn<Result>(id: PositionId, change: () => Promise<Result>): Promise<Result> {
    const before = this.turns.get(id) ?? Promise.resolve()
    const result = before.then(change, change)
    const turn = result.catch(() => undefined)
    this.turns.set(id, turn)
    try {
      return await result
    } finally {
      if (this.turns.get(id) === turn) this.turns.delete(id)
    }
  }
}

/** The rules that a position has after a change, rule by rule; null takes a rule away. */
function mergedRules(
  { position, rules: present }: Registered,
  { rules: given, isWhole = false }: RulesRequest,
): Registered['rules'] {
  if (isWhole) return given
  const rules: Record<string, unknown> = { ...present, ...given }
  for (const [name, options] of Object.entries(given)) {
    if (options !== null) continue
    if (!Object.hasOwn(present, name)) {
      const names = Object.keys(present).join(', ') || 'none'
      const expected = `null for a rule that ${position.id} has (${names})`
      throw new InputError('the rules', [{ path: `rules.${name}`, found: 'null', expected }])
    }
    delete rules[name]
  }
  return rules
}
