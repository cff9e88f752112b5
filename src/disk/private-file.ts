import { readFileSync, statSync } from 'node:fs'

/** Permissions of others than the owner, and of others than the owner and the group. */
const FORBIDDEN = { owner: 0o077, group: 0o007 } as const

/**
 * The text of a file that only its owner may read, or its group too; `what` names it in the message.
 * @throws Error where it cannot be read, or others can read it; the message shows nothing of the content.
 */
export function privateText(
  file: string,
  what: string,
  readers: keyof typeof FORBIDDEN = 'owner',
): string {
  const stats = statSync(file)
  if (stats.isDirectory()) throw new Error(`the ${what} ${file} is a directory`)
  const { mode } = stats
  if ((mode & FORBIDDEN[readers]) !== 0) {
    const found = (mode & 0o777).toString(8).padStart(4, '0')
    throw new Error(`others can read the ${what} (mode ${found}): chmod 600 ${file}`)
  }
  return readFileSync(file, 'utf8')
}
