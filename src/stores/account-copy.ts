import { accountText } from '../domain/account-name.ts'
import { WatchkeeperError } from '../errors.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
import type { Row, Store, Table } from '../ports/store.ts'
import { lineParts, UNNAMED_ACCOUNT } from './account-lines.ts'
import { accountKey, keyParts } from './account-rows.ts'
import type { CopySource } from './copy.ts'
import { TABLES } from './redis/keys.ts'

/** Lines that are read at once while those of the account are searched for. */
const PAGE_LINES = 500
/** Tables whose rows without a name of an account belong to the process as well. */
const OF_PROCESS: ReadonlySet<Table> = new Set(['settings', 'history', 'outage'])

/** Tables in which each account has a row: an account stores its random id for orders before anything else. */
const OF_ALL: readonly Table[] = ['settings', 'positions', 'closed']

/** Names of the accounts that have rows in a store. */
export async function accountsIn(store: Pick<Store, 'rows'>): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const table of OF_ALL) {
    for (const key of (await store.rows<unknown>(table)).keys()) names.add(keyParts(key).account)
  }
  return names
}

/**
 * The content of one account as the source of a copy, under the name `as`. Journal lines keep their numbers.
 *
 * @throws WatchkeeperError ACCOUNT_UNKNOWN where the store has nothing of that account.
 */
export async function accountSource(
  from: CopySource,
  { account, as }: { readonly account: string; readonly as: string },
): Promise<CopySource> {
  const names = await accountsIn(from)
  if (!names.has(account)) {
    const text = `the store has nothing of the account ${account}, only of ${[...names].toSorted().join(', ')}`
    throw new WatchkeeperError('ACCOUNT_UNKNOWN', text)
  }
  return {
    lastSeq: () => from.lastSeq(),
    async rows<Value>(table: Table) {
      const own = new Map<string, Value>()
      for (const [key, value] of await from.rows<Value>(table)) {
        const parts = keyParts(key)
        if (parts.account === account) own.set(accountKey(as, parts.key), value)
      }
      return own
    },
    async journal({ after, limit }) {
      const found: JournalLine[] = []
      for (let next = after; found.length < limit;) {
        const page = await from.journal({ after: next, limit: PAGE_LINES })
        for (const line of page) {
          const own = lineAs(line, { account, as, names })
          if (own !== undefined) found.push(own)
        }
        if (page.length < PAGE_LINES) break
        next = page.at(-1)!.seq
      }
      return found.slice(0, limit)
    },
  }
}

interface Renaming {
  readonly account: string
  readonly as: string
  /** Names of the accounts of the store. */
  readonly names: ReadonlySet<string>
}

/** The line in the other store; undefined for a line of another account. */
function lineAs(line: JournalLine, { account, as, names }: Renaming): JournalLine | undefined {
  const { account: _given, ...rest } = line
  const { name, part } = lineParts(line, names)
  if (name !== account) return undefined
  if (as === UNNAMED_ACCOUNT) return part === undefined ? rest : { ...rest, account: part }
  return { ...rest, account: accountText({ name: as, ...(part !== undefined && { part }) }) }
}

/** Deletions of the rows of one account; rows that `main` shares with the process stay. */
export async function removalsOf(
  store: Pick<Store, 'rows'>,
  account: string,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const table of TABLES) {
    if (account === UNNAMED_ACCOUNT && OF_PROCESS.has(table)) continue
    for (const key of (await store.rows<unknown>(table)).keys()) {
      if (keyParts(key).account === account) rows.push({ table, key })
    }
  }
  return rows
}
