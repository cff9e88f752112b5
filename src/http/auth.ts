import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { NextFunction, Request, Response } from 'express'
import { WatchkeeperError } from '../errors.ts'
import type { Requester } from '../ports/control/requester.ts'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether a host name or address can only mean this machine. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (plain === 'localhost') return true
  const family = isIP(plain)
  return family !== 0 && LOOPBACK.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

export interface GuardOptions {
  /** Whether the service listens only on this machine. */
  readonly onLoopback: boolean
  /** Bearer token; without one, loopback is trusted. */
  readonly token: string | undefined
}

const READS = new Set(['GET', 'HEAD'])

/** Paths for monitors, open without a token. All other paths need it, in any spelling. */
const OPEN = new Set(['/health', '/livez', '/readyz', '/metrics'])

/** The page itself is open: its files contain nothing secret, and it asks for the token. */
const isOpen = (path: string): boolean =>
  OPEN.has(path) || path === '/' || path.startsWith('/page/')

const JSON_TYPE = /^application\/json\s*(;|$)/i

/**
 * Refuses requests that a web page in a user's browser could send: foreign hosts and origins, and
 * changes without a JSON content type. Changes need the token where one is set; reads need it too
 * unless the service listens on loopback.
 */
export function guard({ onLoopback, token }: GuardOptions) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const isRead = READS.has(request.method)
    if (onLoopback) refuseForeign(request)
    if (!isRead && !JSON_TYPE.test(request.headers['content-type'] ?? '')) {
      throw new WatchkeeperError(
        'NOT_JSON',
        'a change needs the header content-type: application/json',
      )
    }
    const isHolder = token !== undefined && hasToken(request, token)
    const needsToken = token !== undefined && (!isRead || (!onLoopback && !isOpen(request.path)))
    if (needsToken && !isHolder) {
      response.setHeader('www-authenticate', 'Bearer')
      throw new WatchkeeperError('BAD_TOKEN', 'expected the header authorization: Bearer <token>')
    }
    if (isHolder) HOLDERS.add(request)
    next()
  }
}

/** Requests with a valid token. */
const HOLDERS = new WeakSet<Request>()

/** Whether a request had a valid token; always false where no token is set. */
export const holdsToken = (request: Request): boolean => HOLDERS.has(request)

/** The requester for the journal. An authorization header counts only if it was checked. */
export const requesterOf = (request: Request): Requester => ({
  who: HOLDERS.has(request) ? 'token' : 'loopback',
  from: request.socket.remoteAddress ?? 'unknown',
})

function refuseForeign({ headers }: Request): void {
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  if (!isLoopback(host)) {
    throw new WatchkeeperError('FOREIGN_HOST', `found host ${host || '(none)'}, expected localhost`)
  }
  const { origin } = headers
  if (origin !== undefined && !isLoopbackOrigin(origin)) {
    throw new WatchkeeperError('FOREIGN_ORIGIN', `found origin ${origin}, expected localhost`)
  }
}

const isLoopbackOrigin = (origin: string): boolean =>
  URL.canParse(origin) && isLoopback(new URL(origin).hostname)

/** Compares digests in constant time: the duration reveals neither length nor content. */
function hasToken({ headers }: Request, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
