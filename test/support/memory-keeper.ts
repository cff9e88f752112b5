import type { PositionId } from '../../src/domain/ids.ts'
import type { KillSwitch } from '../../src/exits/kill-switch.ts'
import type { ExitRecord } from '../../src/exits/record.ts'
import type { JournalLine } from '../../src/ports/control.ts'
import type { PortfolioDay } from '../../src/risk/portfolio.ts'
import type { Change, Keeper, KeptRatchet, Past, Registered } from '../../src/ports/keeper.ts'

/** Keeps what it is told as text, so that nothing is shared with who told it; can be made to fail. */
export class MemoryKeeper implements Keeper<ExitRecord, KillSwitch, PortfolioDay> {
  readonly lines: JournalLine[] = []
  /** What the next writes throw, one each. */
  readonly failures: Error[] = []
  private readonly register = new Map<PositionId, string>()
  private readonly ratchets = new Map<PositionId, string>()
  private readonly exits = new Map<PositionId, string>()
  private killSwitch: string | undefined
  private day: string | undefined
  private feedPlace: string | undefined
  private isUnconfirmed = false

  load(): Promise<Past<ExitRecord, KillSwitch, PortfolioDay>> {
    const parsed = <Value>(rows: Map<PositionId, string>): Map<PositionId, Value> =>
      new Map([...rows].map(([id, text]) => [id, JSON.parse(text) as Value]))
    return Promise.resolve({
      register: parsed<Registered>(this.register),
      ratchets: parsed<KeptRatchet>(this.ratchets),
      exits: [...parsed<ExitRecord>(this.exits).values()],
      killSwitch:
        this.killSwitch === undefined ? undefined : (JSON.parse(this.killSwitch) as KillSwitch),
      ...(this.feedPlace !== undefined && { feedPlace: JSON.parse(this.feedPlace) as unknown }),
      isUnconfirmed: this.isUnconfirmed,
      day: this.day === undefined ? undefined : (JSON.parse(this.day) as PortfolioDay),
    })
  }

  keep(change: Change<ExitRecord, KillSwitch, PortfolioDay>): Promise<readonly JournalLine[]> {
    const failure = this.failures.shift()
    if (failure !== undefined) return Promise.reject(failure)
    for (const record of change.exits ?? []) {
      this.exits.set(record.positionId, JSON.stringify(record))
    }
    for (const row of change.register ?? []) {
      this.register.set(row.position.id, JSON.stringify(row))
      if (row.state !== 'open') this.exits.delete(row.position.id)
    }
    for (const [id, ratchet] of change.ratchets ?? []) {
      this.ratchets.set(id, JSON.stringify(ratchet))
    }
    for (const id of change.dropped ?? []) this.exits.delete(id)
    this.isUnconfirmed = change.isUnconfirmed ?? this.isUnconfirmed
    if (change.day !== undefined) this.day = JSON.stringify(change.day)
    if (change.feedPlace !== undefined) this.feedPlace = JSON.stringify(change.feedPlace)
    if (change.killSwitch !== undefined) this.killSwitch = JSON.stringify(change.killSwitch)
    const first = this.lines.length + 1
    const lines = (change.lines ?? []).map(
      (line, index) => ({ ...line, seq: first + index }) as JournalLine,
    )
    this.lines.push(...lines)
    return Promise.resolve(lines)
  }
}
