import type { Request } from 'express'
import type { HttpConfig } from '../config/http-schema.ts'
import { WatchkeeperError } from '../errors.ts'
import { errorRow } from '../errors/codes.ts'
import type { Control } from '../ports/control.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
import { nextTurn } from '../ports/turns.ts'
import type { Access } from './access/access.ts'
import {
  assertSame,
  digestOf,
  idOf,
  repeated,
  type About,
  type Kept,
  type KeyedMessage,
} from './kept-requests.ts'
import type { Reply } from './reply.ts'
import { badInput } from './route.ts'

/** A key has 1 to 200 printable characters of ASCII, without blanks. */
const KEY = /^[\x21-\x7e]{1,200}$/
/** Lines of the journal that are read at once, and at most, for the keys of an earlier process. */
const PAGE_LINES = 500
const MOST_LINES = 200_000
/** Journal line of a request that has begun, and of one whose act is over. */
const BEGUN = 'request-begun'
const ENDED = 'request-ended'

/**
 * Answers to requests with an `Idempotency-Key`. Begin and end of such a request are lines of the journal,
 * durable before the act and before the answer: a restart forgets none, and a request that a crash has cut
 * off is known as one whose outcome is unknown.
 */
export class Idempotency {
  private readonly control: Control
  private readonly access: Access
  private readonly bounds: HttpConfig['idempotency']
  /** By holder and key, the oldest first. */
  private readonly kept = new Map<string, Kept>()
  private past: Promise<void> | undefined

  constructor(control: Control, access: Access, bounds: HttpConfig['idempotency']) {
    this.control = control
    this.access = access
    this.bounds = bounds
  }

  /**
   * Runs a request once, and gives its answer to each repetition. Throws KEY_REUSED for another request under
   * the same key, KEY_RUNNING while it runs, KEY_UNKNOWN where a crash has cut it off.
   */
  async answer(
    request: Request,
    run: () => Promise<Reply | undefined>,
  ): Promise<Reply | undefined> {
    const key = request.get('idempotency-key')
    if (key === undefined) return run()
    if (!KEY.test(key)) throw badInput('Idempotency-Key', key, '1 to 200 printable characters')
    const about = await this.asked(request, key, digestOf(request))
    const known = this.find(about)
    if (known !== undefined) return repeated(known, about)
    return this.once(about, run, (kept, reply) => this.ended(kept, about, reply))
  }

  /**
   * The same for a message whose sender cannot ask what became of it, and whose key it contains. Its answer waits for the
   * act alone. A repetition waits for the act that runs; after a failure and after a crash it acts again, which `run`
   * must bear. Throws KEY_REUSED.
   */
  async answerMessage(
    request: Request,
    run: () => Promise<Reply>,
    { key, digest, reused }: KeyedMessage,
  ): Promise<Reply | undefined> {
    const about = await this.asked(request, key, digest)
    const known = this.find(about)
    if (known?.reply !== undefined || known?.running !== undefined) {
      assertSame(known, about, reused)
      return known.reply === undefined ? known.running : repeated(known, about)
    }
    return this.once(about, run, async (kept, reply) => {
      // What was done is durable: that its answer cannot be kept concerns only a repetition after a restart.
      this.ended(kept, about, reply).catch(() => undefined)
    })
  }

  private async asked(request: Request, key: string, digest: string): Promise<About> {
    await this.readPast()
    return { key, by: this.access.nameOf(request), digest }
  }

  private async once(
    about: About,
    run: () => Promise<Reply | undefined>,
    end: (kept: Kept, reply: Reply) => Promise<void>,
  ): Promise<Reply | undefined> {
    const kept: Kept = { digest: about.digest, at: this.control.clock().now }
    this.keep(idOf(about), kept)
    kept.running = this.run(about, async () => {
      const reply = await run()
      if (reply !== undefined) await end(kept, reply)
      return reply
    })
    try {
      return await kept.running
    } finally {
      kept.running = undefined
    }
  }

  private async run(
    about: About,
    act: () => Promise<Reply | undefined>,
  ): Promise<Reply | undefined> {
    try {
      await this.begun(about)
      return await act()
    } catch (error) {
      // Refused as a whole: the key may be used again. Of a failure it is not known what was done.
      if (isRefusal(error)) {
        this.kept.delete(idOf(about))
        await this.control.record(ENDED, { ...about })
      }
      throw error
    }
  }

  /** Nothing has been done where the line could not be written. */
  private async begun(about: About): Promise<void> {
    try {
      await this.control.record(BEGUN, { ...about })
    } catch (error) {
      this.kept.delete(idOf(about))
      throw error
    }
  }

  private async ended(
    kept: Kept,
    about: About,
    { status, type, text, headers }: Reply,
  ): Promise<void> {
    const location = headers?.['location']
    kept.reply = {
      status,
      text,
      ...(type !== undefined && { type }),
      ...(location !== undefined && { location }),
    }
    await this.control.record(ENDED, { ...about, reply: kept.reply })
  }

  private find(about: About): Kept | undefined {
    const id = idOf(about)
    const known = this.kept.get(id)
    if (known === undefined || this.control.clock().now - known.at <= this.bounds.keepMs) {
      return known
    }
    this.kept.delete(id)
    return undefined
  }

  private keep(id: string, kept: Kept): void {
    this.kept.delete(id)
    this.kept.set(id, kept)
    while (this.kept.size > this.bounds.keys) {
      const [oldest] = this.kept.keys()
      this.kept.delete(oldest!)
    }
  }

  /** Reads what an earlier process has answered, once; a read that fails is tried again. */
  private readPast(): Promise<void> {
    this.past ??= this.readJournal().catch((error: unknown) => {
      this.past = undefined
      throw error
    })
    return this.past
  }

  private async readJournal(): Promise<void> {
    const oldest = this.control.clock().now - this.bounds.keepMs
    const found: JournalLine[] = []
    let before: number | undefined
    for (let read = 0; read < MOST_LINES; read += PAGE_LINES) {
      const lines = await this.control.journal({
        after: 0,
        limit: PAGE_LINES,
        last: PAGE_LINES,
        ...(before !== undefined && { before }),
      })
      found.unshift(...lines.filter(({ kind }) => kind === BEGUN || kind === ENDED))
      before = lines[0]?.seq
      if (before === undefined || lines.length < PAGE_LINES || lines[0]!.at < oldest) break
      if (found.length >= 2 * this.bounds.keys) break
      // The store may answer from memory: what else the process has to do comes first.
      await nextTurn()
    }
    for (const line of found) this.take(line)
  }

  private take({ kind, at, key, by, digest, reply }: JournalLine): void {
    const id = `${String(by)} ${String(key)}`
    if (kind === ENDED && reply === undefined) this.kept.delete(id)
    else {
      const kept: Kept = { digest: String(digest), at }
      if (reply !== undefined) kept.reply = reply as NonNullable<Kept['reply']>
      this.keep(id, kept)
    }
  }
}

/** Whether an error says that nothing was done. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof WatchkeeperError)) return false
  const status = errorRow(error.code)?.status ?? 500
  return status < 500 || error.code === 'NOT_READY' || error.code === 'STANDBY'
}
