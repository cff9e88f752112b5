import { send } from '../actors/actor.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { endedExitOf } from '../exits/past-orders.ts'
import { hasSent, type ExitRecord } from '../exits/record.ts'
import type { Amendment, RulesRequest } from '../ports/control/positions.ts'
import type { Entry, KeptRatchet, Registered, ReleasedExit } from '../ports/state-repository.ts'
import type { RuleChange } from '../risk/rule-change.ts'
import { watchedBy } from '../risk/rule.ts'
import { amendPosition, type AmendmentDeps } from './amendment.ts'
import { firstStopAfter } from './first-stop.ts'
import { formerOf } from './former-generations.ts'
import { IdQueue } from './id-queue.ts'
import { lineOf } from './journal-line.ts'
import { Registration, type RegistrationDeps } from './registration.ts'
import { judgeChange, mergedRules, previewChange, type RulesPreviewed } from './rule-judgement.ts'
import { ruleSetOf } from './stored-rules.ts'
import type { Wanted } from './wanted.ts'

export interface PositionChangesDeps extends RegistrationDeps, AmendmentDeps {
  /** Called when the release of a position is durable; `exit` is followed to its end. */
  released(registered: Registered, exit: ReleasedExit<ExitRecord> | undefined): void
}

/** A position with its new rules, and the change of each rule. */
export interface RulesChanged {
  readonly registered: Registered
  readonly changes: readonly RuleChange[]
}

/** A generation whose exit is discarded, and the ratchet with which the next one starts. */
interface Renewal {
  readonly record: ExitRecord
  readonly ratchet: KeptRatchet | undefined
}

/** Positions in one commit: more would hold the event loop, fewer would need more commits. */
const CHUNK = 32
/** Commits under way at once, so that none waits for the disk alone: more would be merged, and hold the event loop. */
const CHUNKS_AT_ONCE = 3

/** Changes the position table: one change of an id after the other, durable before it counts. */
export class PositionChanges {
  private readonly parts: PositionChangesDeps
  private readonly registration: Registration
  /** Runs the changes of one id one after the other. */
  private readonly acts = new IdQueue()

  constructor(parts: PositionChangesDeps) {
    this.parts = parts
    this.registration = new Registration(parts)
  }

  /** Whether a position of an instrument is being registered. */
  isComing(instrument: Position['instrument']): boolean {
    return this.registration.isComing(instrument)
  }

  /** Adds a position; it is durable when the promise resolves. */
  async add(wanted: Wanted, by: string): Promise<Registered> {
    return this.acts.run([wanted.position.id], async () => {
      const [registered] = await this.registration.register([wanted], by)
      return registered!
    })
  }

  /** Adds many positions with different ids, `CHUNK` in one commit; where one fails, no later one begins. */
  async addAll(wanted: readonly Wanted[], by: string): Promise<void> {
    const chunks = chunksOf(wanted)
    const addSome = async (): Promise<void> => {
      // What throws ends the generator, and with it the others after their present chunk.
      for (const some of chunks) {
        const ids = some.map(({ position }) => position.id)
        await this.acts.run(ids, () => this.registration.register(some, by))
      }
    }
    const settled = await Promise.allSettled(Array.from({ length: CHUNKS_AT_ONCE }, addSome))
    for (const each of settled) if (each.status === 'rejected') throw each.reason
  }

  /**
   * Changes the rules of a position; durable when the promise resolves. They may only tighten unless `force`, and
   * must not exit at once unless `exitNow`. The same rules change nothing; a position that was refused entry is
   * tested again by them.
   */
  async changeRules(id: PositionId, request: RulesRequest, by: string): Promise<RulesChanged> {
    return this.acts.run([id], async () => {
      const { engine, writer, clock, positions } = this.parts
      const present = positions.openRow(id)
      const rules = mergedRules(present, request)
      const judged: Registered = { ...present, rules }
      const ruleSet = ruleSetOf(judged)
      const changes = judgeChange(this.parts, present, judged, request)
      const isRefused = present.entry?.kind === 'refused'
      if (changes.length === 0 && !isRefused) return { registered: present, changes }
      const { register } = await writer.commit({
        ids: [id],
        change: () => {
          const { entry: before, ...row } = positions.openRow(id)
          const entry = isRefused ? entryAgain({ ...row, rules }, request) : before
          const firstStop = firstStopAfter(row, { ...row, rules })
          const changed = { ...row, rules, ...firstStop, ...(entry !== undefined && { entry }) }
          const lines =
            changes.length === 0
              ? []
              : [lineOf(clock.now(), 'rules-changed', id, { by, rules, changes })]
          return { register: [changed] as const, lines }
        },
        done: ({ register: [row] }) => {
          const { generation, firstStop } = row
          const change = { rules, ...(firstStop !== undefined && { firstStop }) }
          if (!isRefused) positions.changed(id, generation, change)
          else if (positions.isOpen(id, generation)) positions.put(row)
        },
      })
      const [registered] = register
      // The position may have closed meanwhile.
      if (!positions.isOpen(id, registered.generation)) return { registered, changes }
      await new Promise<void>(resolve => {
        if (isRefused) this.parts.watching.watch(registered, { done: resolve })
        else send(engine.supervisor, { kind: 'rerule', positionId: id, ruleSet, done: resolve })
      })
      return { registered: positions.get(id) ?? registered, changes }
    })
  }

  /** Sets quantity and entry price of an open position; see `amendPosition`. */
  amend(id: PositionId, request: Amendment, by: string): Promise<Registered> {
    return this.acts.run([id], () => amendPosition(this.parts, id, { request, by }))
  }

  /** What `changeRules` would do; changes nothing. */
  previewRules(id: PositionId, request: RulesRequest): RulesPreviewed {
    return previewChange(this.parts, this.parts.positions.openRow(id), request)
  }

  /**
   * Stops guarding a position; the holding at the broker stays. An order of its exit that may still be executed is
   * cancelled and followed to its end.
   */
  async release(id: PositionId, by: string): Promise<Registered> {
    return this.acts.run([id], async () => {
      const { engine, writer, clock, positions } = this.parts
      const { register } = await writer.commit({
        ids: [id],
        change: () => {
          const ended = { at: clock.now(), by: 'release' }
          const row: Registered = { ...positions.openRow(id), state: 'released', ended }
          const { generation, position } = row
          const record = this.parts.exitOf(id, generation)
          // An order of the exit may be at the broker, or leave before the gateway handles the
          // release.
          const exit = record && { record, position }
          return {
            register: [row] as const,
            lines: [lineOf(clock.now(), 'position-released', id, { by })],
            released: exit === undefined ? [] : [{ positionId: id, generation, exit }],
          }
        },
        done: ({ register: [row], released: [released] }) => {
          const { generation, position } = row
          if (positions.isOpen(id, generation)) positions.put(row)
          this.parts.released(row, released?.exit)
          send(engine.supervisor, { kind: 'closed', positionId: id, generation })
          send(engine.gateway, { kind: 'release', position, generation })
        },
      })
      return register[0]
    })
  }

  /**
   * Discards the exit of a position and begins a new generation; durable when the promise resolves. Undefined
   * where the generation is no longer open.
   */
  async renew({ record, ratchet }: Renewal, by: string): Promise<Registered | undefined> {
    const { positionId: id, generation } = record
    return this.acts.run([id], async () => {
      const { writer, clock, positions } = this.parts
      const { register } = await writer.commit({
        ids: [id],
        change: () => {
          const row = positions.get(id)
          if (row === undefined || !positions.isOpen(id, generation)) return { register: [] }
          // The id of an order that was ended or refused must not come again.
          const renewed: Registered = {
            ...row,
            generation: positions.nextGeneration(id),
            ...this.formerWith(row, record),
          }
          const line = lineOf(clock.now(), 'exit-discarded', id, { by })
          const kept = ratchet && { ...ownRatchet(ratchet), generation: renewed.generation }
          return {
            register: [renewed],
            lines: [line],
            ...(kept !== undefined && { ratchets: new Map([[id, kept]]) }),
          }
        },
        done: ({ register: [renewed] }) => {
          if (renewed === undefined) return
          const { generation: next, former } = renewed
          positions.changed(id, generation, { generation: next, ...(former && { former }) })
        },
      })
      return register[0]
    })
  }

  /** The former generations of a row, with the one whose exit is discarded where that has sent orders. */
  private formerWith(row: Registered, record: ExitRecord): Pick<Registered, 'former'> {
    if (!hasSent(record)) return {}
    const now = this.parts.clock.now()
    return { former: formerOf({ ...row, exited: endedExitOf(record, now) }, now) }
  }
}

/** A ratchet without the series that an earlier row of the position refers to. */
const ownRatchet = ({ best, worst, anchor }: KeptRatchet): KeptRatchet => ({
  best,
  ...(worst !== undefined && { worst }),
  ...(anchor !== undefined && { anchor }),
})

/**
 * The entry test of a position that its first price has refused, after a change of its rules: the next price
 * decides again, as no price may be known now that could refuse the change.
 */
function entryAgain(
  changed: Registered,
  { exitNow }: Pick<RulesRequest, 'exitNow'>,
): Entry | undefined {
  if (exitNow) return undefined
  const { position } = changed
  const other = watchedBy(ruleSetOf(changed), position)
  return {
    kind: 'awaits-price',
    of: [position.instrument, ...(other === undefined ? [] : [other])],
  }
}

function* chunksOf(wanted: readonly Wanted[]): Generator<readonly Wanted[]> {
  for (let from = 0; from < wanted.length; from += CHUNK) yield wanted.slice(from, from + CHUNK)
}
