import { readFileSync, statSync } from 'node:fs'

const OTHERS = 0o077

/**
 * The text of a file that only its owner may read; `what` names it in the message.
 * @throws Error where it cannot be read, or others can read it; the message shows nothing of the content.
 */
export function privateText(file: string, what: string): string {
  const { mode } = statSync(file)
  if ((mode & OTHERS) !== 0) {
    const found = (mode & 0o777).toString(8).padStart(4, '0')
    throw new Error(`others can read the ${what} (mode ${found}): chmod 600 ${file}`)
  }
  return readFileSync(file, 'utf8')
}
