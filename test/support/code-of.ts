import { WatchkeeperError } from '../../src/errors.ts'

/** The code of the WatchkeeperError that an attempt ends with; `no error`, or the text of another error. */
export async function codeOf(attempt: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof attempt === 'function' ? attempt() : attempt)
    return 'no error'
  } catch (error) {
    return error instanceof WatchkeeperError ? error.code : String(error)
  }
}
