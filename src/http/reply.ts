import { createHash } from 'node:crypto'
import type { Request, Response } from 'express'

/** A whole answer, before it is sent. */
export interface Reply {
  readonly status: number
  /** Media type; absent with an empty body. */
  readonly type?: string
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Given {
  readonly status?: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer in JSON. */
export const json = (value: unknown, given: Given = {}): Reply => ({
  status: 200,
  type: 'application/json',
  text: JSON.stringify(value),
  ...given,
})

/** An answer with a body that is JSON already. */
export const jsonText = (text: string): Reply => ({ status: 200, type: 'application/json', text })

/** An answer without a body. */
export const empty = (): Reply => ({ status: 204, text: '' })

/** Ages and waits: they differ in each answer, and say nothing that a time of the same answer does not. */
const AGES = /"(?:priceAgeMs|unguardedMs|inputAgeMs|retryInMs|oldestWaitMs)":[^,}\]]+/g

/**
 * A weak entity tag (RFC 9110, 8.8.1): two answers that differ only in ages have the same one, as they
 * say the same of the account.
 */
export const tagOf = (text: string): string =>
  `W/"${createHash('sha256').update(text.replaceAll(AGES, '')).digest('base64url').slice(0, 22)}"`

/** Sends an answer; a read whose client has it already gets 304. No client may keep an untagged one. */
export function sendReply(
  { method, headers }: Request,
  response: Response,
  { status, type, text, headers: more = {} }: Reply,
  isUntagged: boolean,
): void {
  for (const [name, value] of Object.entries(more)) response.setHeader(name, value)
  const isRead = method === 'GET' || method === 'HEAD'
  if (!isRead || isUntagged || status !== 200) {
    response.setHeader('cache-control', 'no-store')
  } else {
    const tag = tagOf(text)
    response.setHeader('cache-control', 'private, no-cache')
    response.setHeader('etag', tag)
    if (hasTag(headers['if-none-match'], tag)) {
      response.status(304).end()
      return
    }
  }
  response.status(status)
  if (type === undefined) response.end()
  else response.type(type).send(text)
}

/** Whether a header names the tag; `*` names any. Weak comparison (RFC 9110, 13.1.2). */
export function hasTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  const bare = (each: string): string => each.trim().replace(/^W\//, '')
  return header.split(',').some(each => each.trim() === '*' || bare(each) === bare(tag))
}
