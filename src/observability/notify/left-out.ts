import { sum } from '../../domain/decimal.ts'
import type { Item } from './channel.ts'
import { countOf } from './person-text.ts'
import { profitsText } from './state-texts.ts'

/** Lines that a channel is not sent one by one: how many, and what their exits brought. */
export class LeftOut {
  /** Those of each event. */
  private readonly events = new Map<string, number>()
  private readonly profits: Record<string, number> = {}
  private deleted = 0

  add(items: readonly Item[]): void {
    for (const { event, line } of items) {
      this.events.set(event, (this.events.get(event) ?? 0) + 1)
      const { profit, trade } = line as { profit?: unknown; trade?: { currency?: string } }
      if (event !== 'exits' || typeof profit !== 'number') continue
      const currency = trade?.currency ?? ''
      this.profits[currency] = sum(this.profits[currency] ?? 0, profit)
    }
  }

  /** Lines that were deleted from the journal before they were read. */
  addDeleted(lines: number): void {
    this.deleted += lines
  }

  get count(): number {
    return [...this.events.values()].reduce((all, each) => all + each, 0)
  }

  /** In words; undefined where nothing is left out. */
  get text(): string | undefined {
    const { count, deleted } = this
    if (count === 0 && deleted === 0) return undefined
    const events = [...this.events].map(([event, each]) => `${event} ${each}`)
    const money = profitsText(this.profits)
    return [
      ...(count === 0
        ? []
        : [
            `Left out ${countOf(count, 'earlier message')} (${events.join(', ')}${money === '' ? '' : `; exits together ${money}`}): watchkeeper journal has them`,
          ]),
      ...(deleted === 0 ? [] : [`${countOf(deleted, 'journal line')} were deleted unread`]),
    ].join('\n')
  }
}
