import { instrumentId, type InstrumentId } from '../../domain/ids.ts'

const PLACE = '<instrument>'

/**
 * Template of a channel or key: one name for all instruments, or one for each where it contains
 * `<instrument>`.
 */
export class RedisName {
  readonly isPerInstrument: boolean
  private readonly before: string
  private readonly after: string

  constructor(template: string) {
    const [before = '', after] = template.split(PLACE)
    this.isPerInstrument = after !== undefined
    this.before = before
    this.after = after ?? ''
  }

  /** The name for an instrument; the shared name where there is only one. */
  of(instrument: InstrumentId): string {
    return this.isPerInstrument ? `${this.before}${instrument}${this.after}` : this.before
  }

  /** The instrument of a name; undefined where all instruments share one name. */
  instrumentOf(name: string): InstrumentId | undefined {
    if (!this.isPerInstrument) return undefined
    return instrumentId(name.slice(this.before.length, name.length - this.after.length))
  }

  /** The names for all of `instruments`, each once. */
  all(instruments: Iterable<InstrumentId>): Set<string> {
    const names = new Set<string>()
    for (const instrument of instruments) {
      names.add(this.of(instrument))
      if (!this.isPerInstrument) break
    }
    return names
  }
}

/** Whether a template contains the placeholder at most once. */
export const isTemplate = (text: string): boolean => text.split(PLACE).length <= 2
