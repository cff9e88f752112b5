import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { show } from '../domain/shown.ts'
import { parseText, type Document } from './document.ts'
import { FaultList } from './faults.ts'
import { resolvePaths } from './paths.ts'
import { readText } from './text-file.ts'
import { refuseBrokerKeys } from './written-secrets.ts'

/** Folder beside a configuration whose files describe one account each. */
const FOLDER = 'accounts'
const EXTENSION = '.yaml'

/** An account in a file of its own. */
export interface AccountFile {
  /** Its name: that of the file. */
  readonly name: string
  /** As messages name it: `accounts/acme.yaml`. */
  readonly path: string
  readonly document: Document
  /** Its section; paths are absolute. */
  readonly value: unknown
  /** The faults that are found in it. */
  readonly list: FaultList
}

/** Reads the files `accounts/<name>.yaml` beside a configuration, in the order of their names. */
export function readAccountFiles(config: string): AccountFile[] {
  const folder = join(dirname(config), FOLDER)
  if (!existsSync(folder)) return []
  const names = readdirSync(folder)
    .filter(each => each.endsWith(EXTENSION))
    .toSorted()
  return names.map(file => {
    const name = file.slice(0, -EXTENSION.length)
    const path = `${FOLDER}/${file}`
    const document = parseText(readText(join(folder, file)), path)
    const list = new FaultList(document, `${path}: `)
    const value = structuredClone(document.value ?? {})
    resolvePaths({ accounts: { [name]: value } }, folder)
    refuseBrokerKeys(list, value, ['accounts', name], [])
    return { name, path, document, value, list }
  })
}

/** Adds the accounts of files to the accounts of a configuration; one that is in both is a fault. */
export function addAccountFiles(
  root: unknown,
  files: readonly AccountFile[],
  list: FaultList,
): void {
  if (files.length === 0) return
  const place = root as Record<string, unknown>
  const { accounts = {} } = place
  if (typeof accounts !== 'object' || accounts === null || Array.isArray(accounts)) return
  const inline = accounts as Record<string, unknown>
  for (const { name, path, value } of files) {
    if (Object.hasOwn(inline, name)) {
      list.add([FOLDER, name], `the account ${show(name)} again in ${path}`, 'it in one place')
    } else inline[name] = value
  }
  place['accounts'] = inline
}
