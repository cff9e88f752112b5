import type { Position } from '../domain/position.ts'
import { WatchkeeperError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { KeptLine, Registered } from '../ports/state-repository.ts'
import { inTurns } from '../ports/turns.ts'
import { AccountNames } from './account-names.ts'
import { closedError } from './admission.ts'
import { stopAtEntry } from './first-stop.ts'
import { formerOf } from './former-generations.ts'
import { lineOf } from './journal-line.ts'
import type { PositionTable } from './position-table.ts'
import { Sides } from './sides.ts'
import type { StateWriter } from './state-writer.ts'
import type { Wanted } from './wanted.ts'
import type { Watching } from './watching.ts'

/** Takes back the units that a paper account was given for a position that was not registered after all. */
export type TakeBack = () => Promise<void>

export interface RegistrationDeps {
  readonly positions: PositionTable
  readonly writer: Pick<StateWriter, 'commit'>
  readonly clock: Pick<Clock, 'now'>
  /** Whether the venue nets: it holds one signed quantity for each instrument. */
  readonly isNet: boolean
  /** Awaited before a new position is registered: a paper account must hold it first. */
  readonly beforeGuard?: ((registered: Registered) => Promise<TakeBack> | Promise<void>) | undefined
  /** Starts to watch registered positions. */
  readonly watching: Pick<Watching, 'watch'>
}

/** Positions that are taken under guard in one turn of the event loop. */
const WATCHED_AT_ONCE = 32

/** Error codes of a commit after which certainly no position is registered. */
const UNKEPT: ReadonlySet<unknown> = new Set([
  'STORE_FULL',
  'STORE_GONE',
  'POSITION_EXISTS',
  'POSITION_CLOSED',
])

/** Units that a paper account was given for a position. */
interface Given {
  readonly row: Registered
  readonly takeBack: TakeBack
}

/** Registers new positions: judged against those that are open or coming, durable before they count. */
export class Registration {
  private readonly parts: RegistrationDeps
  /** Positions that are not registered yet, and will be. */
  private readonly coming = new Set<Position>()
  /** Units that the paper account has yet to give back. */
  private readonly owed: Given[] = []
  private readonly comingSides = new Sides()
  private readonly comingAccounts = new AccountNames()

  constructor(parts: RegistrationDeps) {
    this.parts = parts
  }

  /** Whether a position of an instrument is being registered. */
  isComing(instrument: Position['instrument']): boolean {
    return [...this.coming].some(position => position.instrument === instrument)
  }

  /** Registers positions in one commit and watches them; durable when the promise resolves. */
  async register(wanted: readonly Wanted[], by: string): Promise<Registered[]> {
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

  /** Registers positions whose units the paper account was given, or takes the units back. */
  private async registerAll(wanted: readonly Wanted[], by: string): Promise<Registered[]> {
    await this.takeBack([])
    const asked = wanted.map(each => this.newRow(each))
    const given = await this.give(asked.filter((_each, index) => wanted[index]!.isHeld !== true))
    let registered: Registered[]
    try {
      registered = await this.commit(asked, { wanted, by })
    } catch (error) {
      // After any other error it is not known whether the store has the positions.
      if (UNKEPT.has((error as { code?: unknown }).code)) await this.takeBack(given)
      throw error
    }
    await this.watchAll(registered)
    return registered
  }

  /** Gives the paper account the units of all these positions, or of none. */
  private async give(rows: readonly Registered[]): Promise<readonly Given[]> {
    const { beforeGuard } = this.parts
    if (beforeGuard === undefined) return []
    const given: Given[] = []
    const settled = await Promise.allSettled(
      rows.map(async row => {
        const takeBack = await beforeGuard(row)
        if (takeBack !== undefined) given.push({ row, takeBack })
      }),
    )
    const failed = settled.find(each => each.status === 'rejected')
    if (failed === undefined) return given
    await this.takeBack(given)
    throw failed.reason
  }

  /** What cannot be taken back, as on a full disk, is tried again with the next position. */
  private async takeBack(given: readonly Given[]): Promise<void> {
    const { positions } = this.parts
    const tried = [...this.owed.splice(0), ...given].filter(
      // A later attempt to register the position may have succeeded.
      ({ row }) => !positions.isOpen(row.position.id, row.generation),
    )
    const settled = await Promise.allSettled(tried.map(({ takeBack }) => takeBack()))
    this.owed.push(...tried.filter((_each, index) => settled[index]!.status === 'rejected'))
  }

  private async commit(
    asked: readonly Registered[],
    { wanted, by }: { readonly wanted: readonly Wanted[]; readonly by: string },
  ): Promise<Registered[]> {
    const { positions, writer, clock } = this.parts
    const { register } = await writer.commit({
      ids: asked.map(({ position }) => position.id),
      change: () => {
        const registered = asked.map((each, index) => this.withGeneration(each, wanted[index]!))
        const lines = registered.map(({ position, generation }): KeptLine => {
          return lineOf(clock.now(), 'position-added', position.id, { by, generation })
        })
        return { register: registered, lines }
      },
      done: ({ register: registered }) => {
        for (const each of registered) positions.put(each)
      },
    })
    return register
  }

  /** Takes rows that are durable under guard, in slices; no other change of them begins before that (`IdQueue`). */
  private async watchAll(registered: readonly Registered[]): Promise<void> {
    const guarded: Promise<void>[] = []
    await inTurns(registered, WATCHED_AT_ONCE, row => {
      guarded.push(new Promise<void>(done => this.parts.watching.watch(row, { done })))
    })
    await Promise.all(guarded)
  }

  /**
   * The row with the generation that its id gets now. Asked for again when the commit begins: `beforeGuard` was
   * awaited in between.
   */
  private withGeneration(row: Registered, { mustBeNew = false }: Wanted): Registered {
    const { positions } = this.parts
    const { id } = row.position
    const known = positions.get(id)
    if (mustBeNew && known !== undefined && known.state !== 'open') throw closedError(known)
    if (known?.state !== 'open') {
      const former = formerOf(known, this.parts.clock.now())
      const generation = positions.nextGeneration(id)
      return { ...row, generation, ...(former.length > 0 && { former }) }
    }
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
    const registered = this.withGeneration(row, wanted)
    this.refuseMixedAccounts(position)
    if (this.parts.isNet) this.refuseOpposite(position)
    const firstStop = stopAtEntry(registered)
    this.coming.add(position)
    this.comingSides.add(position)
    this.comingAccounts.add(position)
    return firstStop === null ? registered : { ...registered, firstStop }
  }

  /** @throws WatchkeeperError ACCOUNT_MIXED: two spellings of one account would split one holding in two. */
  private refuseMixedAccounts(position: Position): void {
    const { id, account } = position
    const isMixed =
      this.parts.positions.namesAccountsUnlike(position) || this.comingAccounts.differFrom(position)
    if (!isMixed) return
    const [found, expected] =
      account === undefined
        ? ['without an account', 'its account, as other positions name theirs']
        : [`in account ${account}`, 'no account, as other positions name none']
    throw new WatchkeeperError('ACCOUNT_MIXED', `found ${id} ${found}, expected ${expected}`)
  }

  /** @throws WatchkeeperError WRONG_SIDE: at a venue that nets, closing one side would take units of the other. */
  private refuseOpposite(position: Position): void {
    const { id, instrument, side } = position
    if (!this.comingSides.oppose(position) && !this.parts.positions.isOpposed(position)) return
    const text = `found ${id} ${side} in ${instrument}, expected the side of the open positions there: the venue nets them`
    throw new WatchkeeperError('WRONG_SIDE', text)
  }
}
