import type { JournalLine, JournalQuery } from '../../ports/journal-lines.ts'
import type { NewJournalLine, Snapshot, Table } from '../../ports/store.ts'
import type { RedisConnection } from '../../redis/connection.ts'
import { RedisError } from '../../redis/errors.ts'
import { storeError } from './errors.ts'
import { indexMember, redisKeys, seqOfMember, TABLES, type RedisKeys } from './keys.ts'

/** Lines and rows that one command reads. */
const PAGE = 1_000
const HIGHEST = Number.MAX_SAFE_INTEGER

type Client = Parameters<Parameters<RedisConnection['run']>[0]>[0]

export interface RedisReaderOptions {
  readonly connection: Pick<RedisConnection, 'run' | 'name'>
  /** Prefix of each key. */
  readonly prefix: string
}

/** Reads a store, also while its owner writes it. */
export class RedisReader {
  readonly keys: RedisKeys
  private readonly connection: RedisReaderOptions['connection']

  constructor({ connection, prefix }: RedisReaderOptions) {
    this.connection = connection
    this.keys = redisKeys(prefix)
  }

  get name(): string {
    return this.connection.name
  }

  async rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>> {
    const key = this.keys.table(table)
    const found: [string, Value][] = []
    let cursor = '0'
    do {
      const [next, page] = await this.run(client => client.hscan(key, cursor, 'COUNT', PAGE))
      cursor = next
      for (let at = 0; at < page.length; at += 2) {
        found.push([page[at]!, JSON.parse(page[at + 1]!) as Value])
      }
    } while (cursor !== '0')
    return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** All tables as of one transaction. */
  async snapshot(): Promise<Snapshot> {
    const answers = await this.run(async client => {
      const transaction = client.multi()
      for (const table of TABLES) transaction.hgetall(this.keys.table(table))
      return transaction.hget(this.keys.meta, 'last-seq').exec()
    })
    const values = (answers ?? []).map(([error, value]) => {
      if (error !== null) throw error
      return value
    })
    const tables = TABLES.map((table, index) => {
      const texts = Object.entries(values[index] as Record<string, string>)
      return [
        table,
        new Map(texts.map(([key, text]) => [key, JSON.parse(text) as unknown])),
      ] as const
    })
    return { tables: new Map(tables), lastSeq: Number(values.at(-1) ?? 0) }
  }

  /** The highest number that a journal line ever had. */
  async lastNumber(): Promise<number> {
    return Number((await this.run(client => client.hget(this.keys.meta, 'last-seq'))) ?? 0)
  }

  async journal(query: JournalQuery): Promise<readonly JournalLine[]> {
    const seqs = query.positionId === undefined ? await this.seqs(query) : await this.seqsOf(query)
    const lines: JournalLine[] = []
    for (let at = 0; at < seqs.length; at += PAGE) {
      const page = seqs.slice(at, at + PAGE)
      const texts = await this.run(client => client.hmget(this.keys.journal, ...page.map(String)))
      for (const [index, text] of texts.entries()) {
        if (text === null) continue
        lines.push({ ...(JSON.parse(text) as NewJournalLine), seq: page[index]! } as JournalLine)
      }
    }
    return lines
  }

  /** The server's settings; undefined where CONFIG GET is not permitted. */
  async configOf(...names: readonly string[]): Promise<ReadonlyMap<string, string> | undefined> {
    try {
      const answer = await this.run(client => client.config('GET', ...(names as [string])))
      const flat = answer as readonly string[]
      return new Map(names.map(name => [name, flat[flat.indexOf(name) + 1] ?? '']))
    } catch {
      return undefined
    }
  }

  /** Fields of the store itself; empty where there is no store. */
  async about(): Promise<Readonly<Record<string, string>>> {
    return this.run(client => client.hgetall(this.keys.meta))
  }

  /**
   * Sends a command to the server.
   *
   * @throws WatchkeeperError.
   */
  async run<Answer>(command: (client: Client) => Promise<Answer>): Promise<Answer> {
    try {
      return await this.connection.run(command)
    } catch (error) {
      throw error instanceof RedisError ? storeError(error, this.name) : error
    }
  }

  private async seqs({ after, limit, last, before = HIGHEST }: JournalQuery): Promise<number[]> {
    const [first, end] = await this.run(client =>
      client.hmget(this.keys.meta, 'first-seq', 'last-seq'),
    )
    const from = Math.max(after + 1, Number(first ?? 1))
    const until = Math.min(before - 1, Number(end ?? 0))
    const count = Math.max(0, Math.min(last ?? limit, until - from + 1))
    const start = last === undefined ? from : until - count + 1
    return Array.from({ length: count }, (_, index) => start + index)
  }

  private async seqsOf(query: JournalQuery): Promise<number[]> {
    const { after, limit, last, before = HIGHEST, positionId = '' } = query
    const { index } = this.keys
    const [least, most] = [
      `[${indexMember(positionId, after + 1)}`,
      `[${indexMember(positionId, before - 1)}`,
    ]
    const members = await this.run(client =>
      last === undefined
        ? client.zrangebylex(index, least, most, 'LIMIT', 0, limit)
        : client.zrevrangebylex(index, most, least, 'LIMIT', 0, last),
    )
    const seqs = members.map(seqOfMember)
    return last === undefined ? seqs : seqs.reverse()
  }
}
