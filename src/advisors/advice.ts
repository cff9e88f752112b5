import { isAtLeast } from '../domain/position.ts'
import type { PositionView } from '../ports/control/positions.ts'

/** What an advisor asks for, at most one act for each position: the tightest stop, or an exit. */
export class Advice {
  private readonly acts = new Map<string, { stop: number } | 'exit'>()
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  /** Asks for a stop; a looser one than what was asked for before changes nothing. False: there is no room. */
  tighten({ id, side }: Pick<PositionView, 'id' | 'side'>, stop: number): boolean {
    const before = this.acts.get(id)
    if (before === 'exit') return true
    if (before === undefined && this.acts.size >= this.most) return false
    if (before === undefined || isAtLeast(side, stop, before.stop)) this.acts.set(id, { stop })
    return true
  }

  exit(id: string): boolean {
    if (!this.acts.has(id) && this.acts.size >= this.most) return false
    this.acts.set(id, 'exit')
    return true
  }

  /** Takes what is asked for; nothing is left. */
  taken(): [string, { readonly stop: number } | 'exit'][] {
    const all = [...this.acts]
    this.acts.clear()
    return all
  }
}
