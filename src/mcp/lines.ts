/** Most bytes of one message; a request of an agent is far shorter. */
export const LONGEST_MESSAGE = 2 ** 20

/** A message of the client: its text, or the fact that it was too long to be kept. */
export type Line = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'too long' }

/** Splits a stream into lines without keeping more than `LONGEST_MESSAGE` bytes of any; blank lines are left out. */
export async function* linesOf(input: AsyncIterable<Buffer | string>): AsyncGenerator<Line> {
  let pieces: Buffer[] = []
  let size = 0
  let isTooLong = false
  for await (const chunk of input) {
    let rest = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      keep(rest.subarray(0, end))
      yield* ended()
      rest = rest.subarray(end + 1)
    }
    keep(rest)
  }
  yield* ended()

  function keep(piece: Buffer): void {
    size += piece.length
    if (size > LONGEST_MESSAGE) {
      isTooLong = true
      pieces = []
    } else if (piece.length > 0) pieces.push(piece)
  }

  function* ended(): Generator<Line> {
    const text = Buffer.concat(pieces).toString().trim()
    const line: Line = isTooLong ? { kind: 'too long' } : { kind: 'text', text }
    pieces = []
    size = 0
    isTooLong = false
    if (line.kind === 'too long' || line.text !== '') yield line
  }
}
