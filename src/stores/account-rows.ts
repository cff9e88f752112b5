import { accountText } from '../domain/account-name.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import type { Batch, NewJournalLine, Store, Table } from '../ports/store.ts'
import { inTurns, nextTurn } from '../ports/turns.ts'
import { lineParts, shownLine, UNNAMED_ACCOUNT } from './account-lines.ts'

/** Between the name of an account and a key; no id, name or other key contains a control character. */
const SEPARATOR = '\u001f'
/** Lines that are read at once while those of one account are searched for. */
const PAGE_LINES = 500
/** Keys of rows that are read in one turn of the event loop. */
const KEYS_AT_ONCE = 1_000

type ReadStore = Pick<Store, 'rows' | 'write' | 'journal'>

/** The part of a store that belongs to one account. */
export interface AccountStore extends ReadStore {
  /** The change with the keys of the process's store. */
  scoped(batch: Batch): Batch
}

export interface AccountRowsOptions {
  /** Whether the configuration names its accounts: journal lines carry these names then. */
  readonly areNamed: boolean
  /** Accounts that are known before the rows are read. */
  readonly names: Iterable<string>
}

/**
 * The rows of one store by account. Keys of `main` are as in a store without accounts, those of any other account
 * begin with its name and a control character.
 */
export class AccountRows {
  private readonly store: ReadStore
  private readonly areNamed: boolean
  /** Accounts that are known, also those that the configuration lacks; what else a line names is a part of `main`. */
  private readonly names: Set<string>
  /** Tables as they were first read, until every account is open. */
  private tables: Map<Table, Promise<ReadonlyMap<string, Rows>>> | undefined = new Map()

  constructor(store: ReadStore, { areNamed, names }: AccountRowsOptions) {
    this.store = store
    this.areNamed = areNamed
    this.names = new Set(names)
  }

  /** The part of an account. */
  of(account: string): AccountStore {
    const { store } = this
    const scoped = (batch: Batch): Batch => this.scoped(account, batch)
    return {
      scoped,
      rows: async <Value>(table: Table) =>
        ((await this.table(table)).get(account) ?? new Map()) as ReadonlyMap<string, Value>,
      write: batch => store.write(scoped(batch)),
      journal: query => this.journalOf(account, query),
    }
  }

  /**
   * The lines of the process: where accounts are named, those of all accounts, each with its name; else those of the
   * only account.
   */
  async journal(query: JournalQuery): Promise<readonly JournalLine[]> {
    if (!this.areNamed) return this.journalOf(UNNAMED_ACCOUNT, query)
    return (await this.store.journal(query)).map(line => this.shown(line))
  }

  /** Whether rows or lines may be those of this account: also of one that the configuration has no more. */
  knows(account: string): boolean {
    return this.names.has(account)
  }

  /** Open positions by account, of accounts that the store knows. */
  async openCounts(): Promise<ReadonlyMap<string, number>> {
    const byAccount = await this.table('positions')
    return new Map([...byAccount].map(([account, rows]) => [account, rows.size]))
  }

  /** Every account is open: from now on tables are read from the store again. */
  opened(): void {
    this.tables = undefined
  }

  private async journalOf(account: string, query: JournalQuery): Promise<readonly JournalLine[]> {
    const hasOthers = this.areNamed || this.names.size > 1
    const lines = hasOthers ? await this.linesOf(account, query) : await this.store.journal(query)
    return lines.map(line => this.shown(line))
  }

  /** The lines of one account, read in pages of the journal of the process, which `journal.rows` bounds. */
  private async linesOf(account: string, query: JournalQuery): Promise<readonly JournalLine[]> {
    const { last } = query
    const wanted = last ?? query.limit
    const found: JournalLine[] = []
    let { after, before } = query
    while (found.length < wanted) {
      const page = await this.store.journal({
        after,
        ...(query.positionId !== undefined && { positionId: query.positionId }),
        limit: PAGE_LINES,
        ...(last !== undefined && { last: PAGE_LINES }),
        ...(before !== undefined && { before }),
      })
      const own = page.filter(line => lineParts(line, this.names).name === account)
      if (last === undefined) found.push(...own)
      else found.unshift(...own)
      if (page.length < PAGE_LINES) break
      if (last === undefined) after = page.at(-1)!.seq
      if (last !== undefined) before = page[0]!.seq
      // The store may answer from memory: other work of the process comes first.
      await nextTurn()
    }
    return last === undefined ? found.slice(0, wanted) : found.slice(-wanted)
  }

  private shown(line: JournalLine): JournalLine {
    return shownLine(line, { areNamed: this.areNamed, names: this.names })
  }

  private table(table: Table): Promise<ReadonlyMap<string, Rows>> {
    const known = this.tables?.get(table)
    if (known !== undefined) return known
    const read = this.store.rows<unknown>(table).then(rows => this.byAccount(rows))
    this.tables?.set(table, read)
    return read
  }

  private async byAccount(rows: Rows): Promise<ReadonlyMap<string, Rows>> {
    const accounts = new Map<string, Map<string, unknown>>()
    await inTurns(rows, KEYS_AT_ONCE, ([key, value]) => {
      const { account, key: inside } = keyParts(key)
      let own = accounts.get(account)
      if (own === undefined) {
        accounts.set(account, (own = new Map()))
        this.names.add(account)
      }
      own.set(inside, value)
    })
    return accounts
  }

  private scoped(account: string, { rows, lines }: Batch): Batch {
    const isPrefixed = account !== UNNAMED_ACCOUNT
    return {
      ...(rows !== undefined && {
        rows: isPrefixed ? rows.map(row => ({ ...row, key: accountKey(account, row.key) })) : rows,
      }),
      ...(lines !== undefined && {
        lines: this.areNamed ? lines.map(line => withAccount(line, account)) : lines,
      }),
    }
  }
}

/** The key of a row of an account in the store of the process. */
export const accountKey = (account: string, key: string): string =>
  account === UNNAMED_ACCOUNT ? key : `${account}${SEPARATOR}${key}`

/** The account of a key, and the key inside it. */
export function keyParts(key: string): { readonly account: string; readonly key: string } {
  const at = key.indexOf(SEPARATOR)
  if (at === -1) return { account: UNNAMED_ACCOUNT, key }
  return { account: key.slice(0, at), key: key.slice(at + 1) }
}

type Rows = ReadonlyMap<string, unknown>

/** A line about a holding already names its part of the account. */
const withAccount = (line: NewJournalLine, name: string): NewJournalLine => {
  const part = line['account']
  const account = accountText(typeof part === 'string' ? { name, part } : { name })
  return { ...line, account }
}
