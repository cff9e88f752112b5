import { get, type ClientRequest } from 'node:http'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import type { ApiDocument, ApiOperation, ApiResponse } from '../../src/ports/api-document.ts'
import { ask, type Answer, type Asking } from './http.ts'

/** Headers that only some answers have. */
const SOMETIMES: ReadonlySet<string> = new Set(['Idempotency-Replayed', 'Link'])

/** An operation of the document, and where it is. */
export interface Documented {
  /** `GET /api/positions/{id}`. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly operation: ApiOperation
}

/** What is sent: `path` where the one of the document has parameters or gets a query. */
export interface Probe extends Omit<Asking, 'method'> {
  readonly path?: string
  /** The answer does not end: only its head is read, and it stays open. */
  readonly isStream?: true
}

/**
 * Holds every answer of a server against its document: status, media type, error code, and each field of the
 * body. A field that the document does not name is an error here, though clients accept it.
 */
export class ApiContract {
  readonly operations: readonly Documented[]
  /** `GET /livez 200` of all answers that were seen. */
  readonly seen = new Set<string>()
  /** Each schema of the document is compiled once, also where many answers contain it. */
  private readonly ajv = new Ajv2020({
    strict: false,
    validateFormats: false,
    inlineRefs: false,
    code: { optimize: false },
  })
  private readonly port: number
  private readonly streams: ClientRequest[] = []

  constructor(document: ApiDocument, port: number) {
    this.port = port
    this.ajv.addSchema(strict(document) as object, 'document')
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([word, operation]) => {
        const method = word.toUpperCase()
        return { name: `${method} ${path}`, method, path, operation }
      }),
    )
  }

  /** Every documented answer, `GET /livez 200`. */
  get documented(): readonly string[] {
    return this.operations.flatMap(({ name, operation }) =>
      Object.keys(operation.responses).map(status => `${name} ${status}`),
    )
  }

  /** Sends a request, and checks that the answer has the expected status and is as documented. */
  async expect(
    name: string,
    status: number,
    { path, isStream, ...asking }: Probe = {},
  ): Promise<Answer> {
    const found = this.operations.find(each => each.name === name)
    expect(found, `${name} is documented`).to.not.equal(undefined)
    const { method, operation } = found!
    const sentTo = path ?? found!.path
    const answer = await (isStream === true
      ? this.headOf(sentTo, asking.headers)
      : ask(this.port, sentTo, { ...asking, method }))
    const what = `${name} ${answer.status}`
    expect(answer.status, `${what}: ${answer.text.slice(0, 500)}`).to.equal(status)
    const documented = operation.responses[String(status)]
    expect(documented, `${what} is documented`).to.not.equal(undefined)
    this.check(found!, documented!, answer)
    this.seen.add(what)
    return answer
  }

  /** Ends the streams that have been opened. */
  endStreams(): void {
    for (const stream of this.streams.splice(0)) stream.destroy()
  }

  /** The head of an answer that does not end; it stays open. */
  private headOf(path: string, headers: Asking['headers'] = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { port, streams } = this
      const sent = get({ host: '127.0.0.1', port, path, headers, agent: false }, response => {
        response.on('error', () => undefined)
        const { statusCode: status = 0, headers: received } = response
        resolve({ status, headers: received, text: '', json: {} })
      })
      sent.on('error', reject)
      streams.push(sent)
    })
  }

  private check({ name, method, path }: Documented, response: ApiResponse, answer: Answer): void {
    const { status, headers, text, json } = answer
    const what = `${name} ${status}`
    for (const header of Object.keys(response.headers ?? {})) {
      if (!SOMETIMES.has(header)) expect(headers, what).to.include.keys(header.toLowerCase())
    }
    const [type = ''] = String(headers['content-type'] ?? '').split(';')
    if (response.content === undefined) {
      expect([text, type], what).to.deep.equal(['', ''])
      return
    }
    expect(Object.keys(response.content), what).to.include(type)
    if (response.content[type]!.schema === undefined) return
    const parts = [
      'paths',
      path,
      method.toLowerCase(),
      'responses',
      String(status),
      'content',
      type,
    ]
    const pointer = [...parts, 'schema']
      .map(part => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/')
    const schema = this.ajv.getSchema(`document#/${pointer}`)
    expect(schema, `${what} has a schema`).to.not.equal(undefined)
    const isRight = schema!(json)
    const errors = this.ajv.errorsText(schema!.errors)
    expect(isRight, `${what}: ${errors}\n${text.slice(0, 2_000)}`).to.equal(true)
    if (type !== 'application/problem+json') return
    expect(response['x-watchkeeper-codes'], what).to.include(json['code'])
  }
}

/** The same schemas, in which an object has no other fields than those that are named. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => [key, strict(each)] as const)
  const isClosed = 'properties' in value && !('additionalProperties' in value)
  return { ...Object.fromEntries(entries), ...(isClosed && { additionalProperties: false }) }
}
