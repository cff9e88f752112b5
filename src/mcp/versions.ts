import { UNSUPPORTED_VERSION, type RpcFault } from './messages.ts'

/** Revisions that begin with `initialize`, the newest first. */
const HANDSHAKE = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const
/** Revisions in which each request names its own in `_meta`. */
const STATELESS = ['2026-07-28'] as const

/** Every revision that the server implements, the newest first. */
export const VERSIONS: readonly string[] = [...STATELESS, ...HANDSHAKE]

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion'

/** The revision of an `initialize`: the one that is asked for, or the newest that begins with it. */
export const agreedVersion = (asked: unknown): string =>
  HANDSHAKE.find(each => each === asked) ?? HANDSHAKE[0]

/**
 * Whether a request is stateless, by its `_meta`: its results then name their type. A revision that the
 * server does not implement is a fault.
 */
export function eraOf(
  params: Readonly<Record<string, unknown>>,
): 'handshake' | 'stateless' | RpcFault {
  const meta = Object(params['_meta']) as Readonly<Record<string, unknown>>
  const asked = meta[VERSION_KEY]
  if (asked === undefined) return 'handshake'
  if (STATELESS.some(each => each === asked)) return 'stateless'
  return {
    code: UNSUPPORTED_VERSION,
    message: 'Unsupported protocol version',
    data: {
      supported: VERSIONS,
      requested: typeof asked === 'string' ? asked : JSON.stringify(asked),
    },
  }
}
