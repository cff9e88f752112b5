import { request } from 'node:http'
import { connect } from 'node:net'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The body as JSON; undefined where it is none. */
  readonly json: Record<string, unknown>
}

export interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent unchanged; anything but a string is sent as JSON with its content type. */
  readonly body?: unknown
}

/** One real request to 127.0.0.1, with any header, also those that fetch forbids. */
export function ask(port: number, path: string, asking: Asking = {}): Promise<Answer> {
  const { method = 'GET', body } = asking
  const isJson = body !== undefined && typeof body !== 'string'
  const text = isJson ? JSON.stringify(body) : body
  const headers = {
    ...(isJson && { 'content-type': 'application/json' }),
    // Node frames no body of a DELETE by itself.
    ...(text !== undefined && { 'content-length': String(Buffer.byteLength(text)) }),
    ...asking.headers,
  }
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
    sent.on('error', reject)
    sent.on('response', response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const received = Buffer.concat(chunks).toString()
        const type = response.headers['content-type'] ?? ''
        const json = (
          /[/+]json\b/.test(type) && received !== '' ? JSON.parse(received) : undefined
        ) as Answer['json']
        resolve({ status: response.statusCode!, headers: response.headers, text: received, json })
      })
    })
    sent.end(text)
  })
}

/** Sends text over a bare connection, and returns everything received until it is closed. */
export function askRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8').on('data', chunk => (received += chunk))
    socket.on('end', () => resolve(received))
    socket.on('error', reject)
  })
}
