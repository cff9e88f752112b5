import { existsSync, readdirSync, type Dirent } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { show } from '../domain/shown.ts'
import type { Fault } from '../errors.ts'
import { parseText, type Document } from './document.ts'
import { FaultList } from './faults.ts'
import { resolvePaths } from './paths.ts'
import { readText } from './text-file.ts'
import { refuseBrokerKeys } from './written-secrets.ts'

/** Folder beside a configuration whose files describe one account each. */
const FOLDER = 'accounts'
const EXTENSION = '.yaml'
/** What users may take for the extension: an account in such a file would not be guarded. */
const OTHER_EXTENSIONS = /\.(ya?ml|json)$/i

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

/** Where the files of accounts are. */
const folderOf = (config: string): string => join(dirname(config), FOLDER)

/** The folder's files by name; the data folder may have folders there. */
function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  const isFile = (entry: Dirent): boolean => !entry.isDirectory()
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries
    .filter(isFile)
    .map(({ name }) => name)
    .toSorted()
}

/** Files beside the accounts whose extension keeps them from being read. */
export function unreadFiles(config: string): readonly Fault[] {
  return filesIn(folderOf(config))
    .filter(file => !file.endsWith(EXTENSION) && OTHER_EXTENSIONS.test(file))
    .map(file => {
      const name = file.slice(0, -extname(file).length)
      const expected = `${FOLDER}/${name}${EXTENSION}, or no such file`
      return { path: `${FOLDER}/${file}`, found: `the extension ${extname(file)}`, expected }
    })
}

/** Reads the files `accounts/<name>.yaml` beside a configuration, in the order of their names. */
export function readAccountFiles(config: string): AccountFile[] {
  const folder = folderOf(config)
  const names = filesIn(folder).filter(each => each.endsWith(EXTENSION))
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

/** A fault of `accounts.<name>.…` where the account's file has it; any other fault as it is. */
export function faultInFile(fault: Fault, files: readonly AccountFile[]): Fault {
  const [section, name, ...inside] = fault.path.split('.')
  const own = section === FOLDER ? files.find(each => each.name === name) : undefined
  if (own === undefined) return fault
  const line = own.document.lineOf(inside)
  return { ...fault, path: `${own.path}: ${inside.join('.')}`, line }
}
