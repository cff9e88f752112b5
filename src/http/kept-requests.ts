import { createHash } from 'node:crypto'
import type { Request } from 'express'
import { WatchkeeperError } from '../errors.ts'
import type { Reply } from './reply.ts'

/** A request: its key, its sender, and the digest of its content. */
export interface About {
  readonly key: string
  readonly by: string
  readonly digest: string
}

/** Names a request in the table of those that are kept. */
export const idOf = ({ by, key }: About): string => `${by} ${key}`

/** What is known of a request. */
export interface Kept {
  readonly digest: string
  readonly at: number
  /** Undefined: it has begun, and how it ended is not known. */
  reply?: Pick<Reply, 'status' | 'type' | 'text'> & { readonly location?: string }
  /** It is under way in this process. */
  running?: Promise<Reply | undefined> | undefined
}

/** A message that contains its key. */
export interface KeyedMessage {
  readonly key: string
  /** Of what the message asks for: spaces, the order of fields and a new secret make no other message. */
  readonly digest: string
  /** Text of KEY_REUSED, in the words of the message. */
  readonly reused: string
}

const REUSED = 'this Idempotency-Key belongs to another request: expected the same path and body'

/** @throws WatchkeeperError KEY_REUSED where the key belongs to another request. */
export function assertSame(known: Kept, { digest }: About, text = REUSED): void {
  if (known.digest !== digest) throw new WatchkeeperError('KEY_REUSED', text)
}

/** The answer to a repetition. Throws KEY_REUSED, KEY_RUNNING, KEY_UNKNOWN. */
export function repeated(known: Kept, about: About): Reply {
  assertSame(known, about)
  if (known.running !== undefined) {
    throw new WatchkeeperError('KEY_RUNNING', 'the request with this key is under way')
  }
  const { reply } = known
  if (reply === undefined) {
    const text = 'how the request with this key ended is not known: check what it should change'
    throw new WatchkeeperError('KEY_UNKNOWN', text)
  }
  const { location, ...rest } = reply
  return {
    ...rest,
    headers: {
      'idempotency-replayed': 'true',
      ...(location !== undefined && { location }),
    },
  }
}

/** Of path, query and body. A body whose fields come in another order is another body. */
export const digestOf = ({ originalUrl, body }: Request): string =>
  createHash('sha256')
    .update(`${originalUrl}\n${JSON.stringify(body ?? {})}`)
    .digest('base64url')
