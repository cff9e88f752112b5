import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../disk/folder.ts'

/** The file in which a data folder remembers the store that its service keeps elsewhere. */
export interface Marker {
  /** Address without a password. */
  readonly place: string
  readonly prefix: string
  /** The user of the server, and the absolute path of the file with its password, where there are such. */
  readonly username?: string
  readonly passwordFile?: string
  readonly instance: string
  readonly epoch: number
  /** Progress that the server has acknowledged: writes of that owner, and journal lines. */
  readonly reached?: { readonly writes: number; readonly seq: number }
}

const FILE = 'store.json'

/** Undefined where the service of the folder stores everything in it, or the file is unreadable. */
export function readMarker(dataFolder: string): Marker | undefined {
  try {
    const value = JSON.parse(readFileSync(join(dataFolder, FILE), 'utf8')) as Partial<Marker>
    const { place, prefix, instance, epoch } = value
    const isMarker = [place, prefix, instance].every(each => typeof each === 'string')
    return isMarker && typeof epoch === 'number' ? (value as Marker) : undefined
  } catch {
    return undefined
  }
}

/** Deletes the marker: from now on the service stores everything in the folder. */
export const forgetMarker = (dataFolder: string): void =>
  rmSync(join(dataFolder, FILE), { force: true })

/** Writes the marker atomically. */
export function writeMarker(dataFolder: string, marker: Marker): void {
  makeFolder(dataFolder)
  const file = join(dataFolder, FILE)
  writeFileSync(`${file}.new`, `${JSON.stringify(marker)}\n`)
  renameSync(`${file}.new`, file)
}
