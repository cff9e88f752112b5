import type { InstrumentId } from '../domain/ids.ts'
import type {
  ClockReading,
  Credentials,
  Permissions,
  PositionMode,
  VenueInstrument,
} from '../domain/venue-facts.ts'
import type { Broker } from '../ports/broker.ts'

/** Time between two questions, ms. */
const EVERY_MS = 60_000
/** Time between two lists of instruments, ms: the list is long and changes rarely. */
const INSTRUMENTS_EVERY_MS = 3_600_000
/** Time between two readings of the venue's clock, ms: clocks drift some ms an hour. */
const TIME_EVERY_MS = 600_000

type Question = 'permissions' | 'positionMode' | 'instruments' | 'time'

const EVERY: Readonly<Record<Question, number>> = {
  permissions: EVERY_MS,
  positionMode: EVERY_MS,
  instruments: INSTRUMENTS_EVERY_MS,
  time: TIME_EVERY_MS,
}

/** Called with each list of instruments that the venue gives. */
type OnInstruments = (rows: readonly VenueInstrument[]) => void

export interface AccessDrillDeps {
  readonly broker: Pick<Broker, Question | 'credentials' | 'hasNewCredentials'>
  /** Monotonic, ms. */
  monotonic(): number
}

/** The last answers; a field is undefined until its question is answered. */
export interface AccessFacts {
  readonly permissions: Permissions | undefined
  readonly mode: PositionMode | undefined
  readonly instruments: ReadonlyMap<InstrumentId, VenueInstrument> | undefined
  readonly credentials: Credentials | undefined
  /** The venue's clock. */
  readonly clock: ClockReading | undefined
}

/**
 * Queries what an exit of an account would depend on: the permissions of its key, its position mode, its
 * instruments and its clock; one question a minute, in turn. The last answer to each counts.
 */
export class AccessDrill {
  /** Set once the account is open. */
  onInstruments: OnInstruments = () => undefined
  private readonly deps: AccessDrillDeps
  private readonly questions: readonly Question[]
  private found: Omit<AccessFacts, 'credentials'> = {
    permissions: undefined,
    mode: undefined,
    instruments: undefined,
    clock: undefined,
  }
  /** When each question was sent last, of those that were answered, monotonic ms. */
  private readonly answeredAt = new Map<Question, number>()
  /** When each question was sent last, monotonic ms. */
  private readonly sentAt = new Map<Question, number>()
  private lastAt = -Infinity
  private isAsking = false
  private readonly stopping = new AbortController()

  constructor(deps: AccessDrillDeps) {
    this.deps = deps
    // The time first: while the clocks differ, the age of every price is wrong.
    const all: readonly Question[] = ['time', 'permissions', 'positionMode', 'instruments']
    this.questions = all.filter(each => deps.broker[each] !== undefined)
  }

  get facts(): AccessFacts {
    return { ...this.found, credentials: this.deps.broker.credentials?.() }
  }

  /** The last reading of the venue's clock. */
  get clock(): ClockReading | undefined {
    return this.found.clock
  }

  /** Sends one question if it is due; a question without an answer is repeated at its next turn. Never rejects. */
  async cycle(): Promise<void> {
    const now = this.deps.monotonic()
    const question = this.isAsking || now < this.lastAt + EVERY_MS ? undefined : this.next(now)
    if (question === undefined) return
    this.isAsking = true
    // The first reading of the clock delays no other question.
    if (question !== 'time' || this.sentAt.size > 0) this.lastAt = now
    this.sentAt.set(question, now)
    try {
      await this.ask(question, this.stopping.signal)
      this.answeredAt.set(question, now)
    } catch {
      // The answer stays unknown; the call desk counts the failed call.
    } finally {
      this.isAsking = false
    }
  }

  /** Aborts the question in flight; none is sent after it. */
  stop(): void {
    this.lastAt = Infinity
    this.stopping.abort()
  }

  /** Of the questions that are due, the one that was sent longest ago: one without an answer holds back no other. */
  private next(now: number): Question | undefined {
    const { questions, answeredAt, sentAt } = this
    const due = questions.filter(each => now >= (answeredAt.get(each) ?? -Infinity) + EVERY[each])
    return due.toSorted((a, b) => (sentAt.get(a) ?? -1) - (sentAt.get(b) ?? -1))[0]
  }

  private async ask(question: Question, signal: AbortSignal): Promise<void> {
    const { broker } = this.deps
    switch (question) {
      case 'permissions': {
        const permissions = await broker.permissions!(signal)
        this.found = { ...this.found, permissions }
        return
      }
      case 'positionMode': {
        const mode = await broker.positionMode!(signal)
        this.found = { ...this.found, mode }
        return
      }
      case 'instruments': {
        const rows = await broker.instruments!(signal)
        // An empty list is no answer: it would take every instrument away.
        if (rows.length === 0) throw new Error('the venue lists no instrument')
        const instruments = new Map(rows.map(each => [each.instrument, each]))
        this.found = { ...this.found, instruments }
        this.onInstruments(rows)
        return
      }
      case 'time': {
        const clock = await broker.time!(signal)
        this.found = { ...this.found, clock }
      }
    }
  }
}
