/** Most characters of one line; watchkeeper writes no longer ones. */
const LONGEST_LINE = 2 ** 20

/** Bounds against a stream that is silent, or never ends a line. */
export interface StreamLimits {
  /** Called with each chunk: comments count too, they prove that the service is alive. */
  heard(): void
  /** Creates the error for a line that is too long. */
  tooLong(): Error
}

/** The text of each `data` line of server-sent events, until the stream ends or breaks off. */
export async function* dataLines(
  body: AsyncIterable<Uint8Array>,
  { heard, tooLong }: StreamLimits,
): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    heard()
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    if (rest.length > LONGEST_LINE) throw tooLong()
    for (const line of lines) if (line.startsWith('data: ')) yield line.slice('data: '.length)
  }
}

/** An abort signal that fires when no chunk has arrived for so long. */
export class Silence {
  private readonly controller = new AbortController()
  private timer: NodeJS.Timeout

  constructor(ms: number) {
    this.timer = this.start(ms)
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Restarts the timer. */
  heard(ms: number): void {
    clearTimeout(this.timer)
    this.timer = this.start(ms)
  }

  end(): void {
    clearTimeout(this.timer)
  }

  private start(ms: number): NodeJS.Timeout {
    const reason = new DOMException('nothing was heard', 'TimeoutError')
    return setTimeout(() => this.controller.abort(reason), ms)
  }
}
