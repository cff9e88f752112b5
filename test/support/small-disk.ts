import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A disk of a few MB, as a folder. */
export interface SmallDisk {
  readonly folder: string
  /**
   * Fills the disk, as files of another program do; a second call fills space that was freed
   * meanwhile.
   */
  fill(): void
  /** Frees the space. */
  clear(): void
  end(): void
}

/** Mounts a disk in memory; undefined where mounting is not allowed. */
export function smallDisk(megabytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-disk-'))
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]
    execFileSync('mount', options, { stdio: 'ignore' })
  } catch {
    rmdirSync(folder)
    return undefined
  }
  const filler = join(folder, 'filler')
  return {
    folder,
    fill: () => {
      try {
        appendFileSync(filler, Buffer.alloc(megabytes * 1024 * 1024))
      } catch {
        // Earlier writes have used up the room.
      }
    },
    clear: () => rmSync(filler, { force: true }),
    end: () => {
      execFileSync('umount', [folder], { stdio: 'ignore' })
      rmdirSync(folder)
    },
  }
}
