/** Id of a request, as JSON-RPC 2.0 has it. */
export type RequestId = string | number

/** A message of the client, validated. */
export type Message =
  | {
      readonly kind: 'request'
      readonly id: RequestId
      readonly method: string
      readonly params: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'notification' }
  | { readonly kind: 'wrong'; readonly id: RequestId | null; readonly fault: RpcFault }

/** A fault of the protocol. */
export interface RpcFault {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

/** Codes of JSON-RPC 2.0, section 5.1, and of MCP. */
export const PARSE_ERROR = -32_700
export const INVALID_REQUEST = -32_600
export const METHOD_NOT_FOUND = -32_601
export const INVALID_PARAMS = -32_602
export const INTERNAL_ERROR = -32_603
/** MCP 2026-07-28, Versioning: a revision that the server does not implement. */
export const UNSUPPORTED_VERSION = -32_022

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isId = (value: unknown): value is RequestId =>
  typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))

/** Reads one line. A response of the client is left alone as a notification is: the server asks nothing. */
export function messageOf(text: string): Message {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return wrong(null, PARSE_ERROR, 'the message is no JSON')
  }
  if (!isMap(value)) {
    return wrong(null, INVALID_REQUEST, 'expected one JSON-RPC message a line, no batch')
  }
  const { jsonrpc, id, method, params = {} } = value
  const known = isId(id) ? id : null
  if (jsonrpc !== '2.0') return wrong(known, INVALID_REQUEST, 'expected "jsonrpc": "2.0"')
  if (method === undefined && ('result' in value || 'error' in value)) {
    return { kind: 'notification' }
  }
  if (typeof method !== 'string') return wrong(known, INVALID_REQUEST, 'expected a method')
  if (id === undefined) return { kind: 'notification' }
  if (known === null) return wrong(null, INVALID_REQUEST, 'expected an id: a text or a number')
  if (!isMap(params)) return wrong(known, INVALID_PARAMS, 'expected params as an object')
  return { kind: 'request', id: known, method, params }
}

const wrong = (id: RequestId | null, code: number, message: string): Message => ({
  kind: 'wrong',
  id,
  fault: { code, message },
})
