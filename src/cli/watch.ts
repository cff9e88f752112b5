import { isSilence } from '../client/errors.ts'
import type { CommandContext } from './command.ts'
import { paintFor, timeText } from './output.ts'

/** What a watch prints again and again. */
export interface Watch {
  /** Pause between two frames, ms. */
  readonly everyMs: number
  /** The lines of one frame. */
  read(): Promise<readonly string[]>
  /** Ends the watch; absent: it goes on until the process ends. */
  readonly signal?: AbortSignal
}

const HOME = '\u001B[H'
const TO_END_OF_LINE = '\u001B[K'
const TO_END_OF_SCREEN = '\u001B[J'
const CLEAR = '\u001B[2J'
/** A read that takes long is repeated less often: a watch uses at most a tenth of the time of the service. */
const PAUSE_PER_READ = 9

/**
 * Prints frames until the process ends: over each other on a terminal, one below the other elsewhere. While the
 * service does not answer, the last frame stays with the time of its data, and the service is asked again. Throws
 * what is no silence: a refusal of the token, an answer of another program.
 */
export async function watchFrames(
  context: Pick<CommandContext, 'stdout' | 'env'>,
  { everyMs, read, signal }: Watch,
): Promise<void> {
  const { stdout, env } = context
  const isTerminal = stdout.isTTY === true
  const paint = paintFor(stdout, env)
  let last: { readonly at: number; readonly lines: readonly string[] } | undefined
  if (isTerminal) stdout.write(CLEAR)
  while (signal?.aborted !== true) {
    const began = performance.now()
    let failure: string | undefined
    try {
      last = { lines: await read(), at: Date.now() }
    } catch (error) {
      if (!isSilence(error)) throw error
      failure = error.message
    }
    const head =
      failure === undefined ? timeText(last!.at) : paint('red', silenceText(failure, last?.at))
    show([head, ...(last?.lines ?? [])])
    const tookMs = performance.now() - began
    await pause(Math.max(everyMs, PAUSE_PER_READ * tookMs), signal)
  }

  function show(lines: readonly string[]): void {
    if (!isTerminal) {
      stdout.write(`${lines.join('\n')}\n\n`)
      return
    }
    // The last line of the terminal stays free: a full screen would scroll.
    const fitting = lines.slice(0, (stdout.rows ?? 24) - 1)
    const text = fitting.map(line => `${line}${TO_END_OF_LINE}\n`).join('')
    stdout.write(`${HOME}${text}${TO_END_OF_SCREEN}`)
  }
}

const silenceText = (failure: string, at: number | undefined): string =>
  at === undefined ? failure : `${failure}; what follows is of ${timeText(at)}`

const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end, { once: true })
    function end(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
  })
