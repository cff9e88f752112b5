import { createHash } from 'node:crypto'
import type { Request } from 'express'
import type { HttpConfig } from '../config/http-schema.ts'
import { WatchkeeperError } from '../errors.ts'
import { errorRow } from '../errors/codes.ts'
import type { Control } from '../ports/control.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
import type { Access } from './access/access.ts'
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

/** What is known of a request. */
interface Kept {
  readonly digest: string
  readonly at: number
  /** Undefined: it has begun, and how it ended is not known. */
  reply?: Pick<Reply, 'status' | 'type' | 'text'> & { readonly location?: string }
  /** It is under way in this process. */
  isRunning: boolean
}

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
   * the same key, KEY_RUNNING while it runs, KEY_UNKNOWN where a crash has cut it off. `given`: the key, where
   * the body has it.
   */
  async answer(
    request: Request,
    run: () => Promise<Reply | undefined>,
    given?: string,
  ): Promise<Reply | undefined> {
    const key = given ?? request.get('idempotency-key')
    if (key === undefined) return run()
    if (!KEY.test(key)) throw badInput('Idempotency-Key', key, '1 to 200 printable characters')
    await this.readPast()
    const by = this.access.nameOf(request)
    const id = `${by} ${key}`
    const digest = digestOf(request)
    const known = this.find(id)
    if (known !== undefined) return repeated(known, digest)
    const kept: Kept = { digest, at: this.control.clock().now, isRunning: true }
    this.keep(id, kept)
    try {
      await this.begun(id, { key, by, digest })
      const reply = await run()
      if (reply !== undefined) await this.ended(kept, { key, by, digest }, reply)
      return reply
    } catch (error) {
      // Refused as a whole: the key may be used again. Of a failure it is not known what was done.
      if (isRefusal(error)) {
        this.kept.delete(id)
        await this.control.record(ENDED, { key, by, digest })
      }
      throw error
    } finally {
      kept.isRunning = false
    }
  }

  /** Nothing has been done where the line could not be written. */
  private async begun(id: string, about: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.control.record(BEGUN, about)
    } catch (error) {
      this.kept.delete(id)
      throw error
    }
  }

  private async ended(
    kept: Kept,
    about: Readonly<Record<string, unknown>>,
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

  private find(id: string): Kept | undefined {
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
      await new Promise(resolve => setImmediate(resolve))
    }
    for (const line of found) this.take(line)
  }

  private take({ kind, at, key, by, digest, reply }: JournalLine): void {
    const id = `${String(by)} ${String(key)}`
    if (kind === ENDED && reply === undefined) this.kept.delete(id)
    else {
      const kept: Kept = { digest: String(digest), at, isRunning: false }
      if (reply !== undefined) kept.reply = reply as NonNullable<Kept['reply']>
      this.keep(id, kept)
    }
  }
}

function repeated(known: Kept, digest: string): Reply {
  if (known.digest !== digest) {
    const text = 'this Idempotency-Key belongs to another request: expected the same path and body'
    throw new WatchkeeperError('KEY_REUSED', text)
  }
  if (known.isRunning) {
    throw new WatchkeeperError('KEY_RUNNING', 'the request with this key is under way')
  }
  const { reply } = known
  if (reply === undefined) {
    const text = 'how the request with this key ended is not known: check what it should change'
    throw new WatchkeeperError('KEY_UNKNOWN', text)
  }
  const { location, ...rest } = reply
  return {
    ...rest,
    headers: {
      'idempotency-replayed': 'true',
      ...(location !== undefined && { location }),
    },
  }
}

/** Whether an error says that nothing was done. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof WatchkeeperError)) return false
  const status = errorRow(error.code)?.status ?? 500
  return status < 500 || error.code === 'NOT_READY' || error.code === 'STANDBY'
}

/** Of path, query and body. A body whose fields come in another order is another body. */
const digestOf = ({ originalUrl, body }: Request): string =>
  createHash('sha256')
    .update(`${originalUrl}\n${JSON.stringify(body ?? {})}`)
    .digest('base64url')
