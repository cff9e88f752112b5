import { readFileSync } from 'node:fs'
import { InputError } from '../errors.ts'
import { unreadable } from './faults.ts'

/**
 * The text of a configuration file.
 *
 * @throws InputError where there is none.
 */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    const found = unreadable(code)
    throw new InputError(file, [{ path: 'file', found, expected: 'a configuration' }])
  }
}
