import type { ServerResponse } from 'node:http'
import type { Book, VenueEvent } from './book.ts'

/** What a script does to the streams of hints. */
export interface StreamScript {
  /** Ends every stream. */
  readonly drop?: boolean
  /** Writes these lines as they are. */
  readonly lines?: readonly string[]
}

/** The open streams of hints: each event of the venue becomes lines of JSON. */
export class HintStreams {
  private readonly open = new Set<ServerResponse>()

  get count(): number {
    return this.open.size
  }

  /** Answers a request with a stream that does not end by itself. */
  add(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.write('\n')
    this.open.add(response)
    response.once('close', () => this.open.delete(response))
  }

  run({ drop = false, lines = [] }: StreamScript): void {
    for (const line of lines) this.write(line)
    if (drop) this.close()
  }

  close(): void {
    for (const response of this.open) response.end()
    this.open.clear()
  }

  /** Writes what an event changes at the account. */
  push(event: VenueEvent, book: Book): void {
    switch (event.kind) {
      case 'hand':
        this.hint({ kind: 'holding', instrument: event.instrument })
        return
      case 'order':
      case 'rejected':
        this.hintOf(event.sent)
        return
      case 'fill':
        this.hintOf(book.order(event.order))
        this.hint({ kind: 'holding', instrument: book.order(event.order).instrument })
        return
      case 'ended':
      case 'refused':
      case 'triggered':
      case 'amended':
        this.hintOf(book.order(event.order))
        return
      case 'price':
      case 'day-over':
    }
  }

  private hintOf({ clientOrderId, instrument }: { clientOrderId: string; instrument: string }) {
    this.hint({ kind: 'order', clientOrderId: clientOrderId || null, instrument })
  }

  private hint(value: object): void {
    this.write(JSON.stringify(value))
  }

  private write(line: string): void {
    for (const response of this.open) response.write(`${line}\n`)
  }
}
