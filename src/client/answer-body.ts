import { InputError, WatchkeeperError, type Fault } from '../errors.ts'
import { failureOf, ServiceRefusal, stranger, type Asked } from './errors.ts'

/**
 * Most characters of an answer; for a service with more positions than that, query a single
 * position.
 */
const LONGEST_ANSWER = 64 * 2 ** 20

/**
 * Throws the error that an answer with an error status carries.
 *
 * @throws ServiceRefusal, InputError; WatchkeeperError NOT_WATCHKEEPER for an answer in another
 * format.
 */
export async function assertGood(response: Response, asked: Asked): Promise<void> {
  if (response.ok) return
  const body = Object(await jsonOf(response, asked)) as Partial<Record<string, unknown>>
  const { code, detail, faults } = body
  if (typeof code !== 'string') throw stranger(asked.url, `it answers ${response.status}`)
  // Faults of another code, as of a position that exists, are in its text.
  if (code === 'BAD_INPUT' && isFaults(faults)) throw new InputError(asked.url, faults)
  throw new ServiceRefusal(code, typeof detail === 'string' ? detail : code)
}

/**
 * The JSON of an answer.
 *
 * @throws WatchkeeperError TOO_SLOW, NO_ANSWER, NOT_WATCHKEEPER, ANSWER_TOO_LONG.
 */
export async function jsonOf(response: Response, asked: Asked): Promise<unknown> {
  const type = response.headers.get('content-type') ?? 'nothing'
  if (!type.includes('json')) {
    await response.body?.cancel()
    throw stranger(asked.url, `it answers ${response.status} with ${type}`)
  }
  const text = await bounded(response).catch((cause: unknown) => {
    throw failureOf(cause, asked)
  })
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw stranger(asked.url, 'its answer is no JSON')
  }
}

const isFaults = (value: unknown): value is Fault[] =>
  Array.isArray(value) &&
  value.every(each => {
    const { path, found, expected } = Object(each) as Partial<Record<string, unknown>>
    return [path, found, expected].every(text => typeof text === 'string')
  })

async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > LONGEST_ANSWER) {
      throw new WatchkeeperError(
        'ANSWER_TOO_LONG',
        `the answer is longer than ${LONGEST_ANSWER} characters`,
      )
    }
  }
  return text
}
