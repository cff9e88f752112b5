import { privateText } from '../../disk/private-file.ts'

/** Where a secret comes from: the environment, or a file of mode 0600. */
export interface SecretPlace {
  readonly value: string | undefined
  readonly file: string | undefined
  /** Name for a person: `token`. */
  readonly what: string
}

const VISIBLE = /^[\x21-\x7e]+$/

/**
 * Reads a secret; a file is read for each call anew, so that a new one counts without a restart.
 * @throws Error that shows nothing of it.
 */
export function readSecret({ value, file, what }: SecretPlace): string {
  if (file === undefined) {
    if (value === undefined || value === '') throw new Error(`it has no ${what}`)
    return value
  }
  const text = textIn(file, what).trim()
  if (!VISIBLE.test(text)) throw new Error(`the ${what} file has no ${what} on one line: ${file}`)
  return text
}

function textIn(file: string, what: string): string {
  try {
    return privateText(file, `${what} file`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new Error(`the ${what} file cannot be read (${code}): ${file}`, { cause: error })
  }
}
