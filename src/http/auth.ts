import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { NextFunction, Request, Response } from 'express'
import { WatchkeeperError } from '../errors.ts'
import type { Requester } from '../ports/control/requester.ts'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether a host name or address can only be this machine. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (plain === 'localhost') return true
  const family = isIP(plain)
  return family !== 0 && LOOPBACK.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

export interface GuardOptions {
  /** Whether the service listens on this machine alone. */
  readonly onLoopback: boolean
  /** Bearer token; without one, loopback is trusted. */
  readonly token: string | undefined
}

const READS = new Set(['GET', 'HEAD'])

/** What monitors read, open to all. Everything else is closed, however its path is written. */
const OPEN = new Set(['/health', '/livez', '/readyz', '/metrics'])

/** The page asks for the token itself: its files hold nothing secret. */
const isOpen = (path: string): boolean =>
  OPEN.has(path) || path === '/' || path.startsWith('/page/')

const JSON_TYPE = /^application\/json\s*(;|$)/i

/**
 * Keeps out what a web page in somebody's browser could send: foreign hosts and origins, and changes
 * that a plain form can make. Changes need the token where there is one; off loopback reads do too.
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

/** Requests that came with the right token. */
const HOLDERS = new WeakSet<Request>()

/** Whether a request came with the right token; never where there is none. */
export const holdsToken = (request: Request): boolean => HOLDERS.has(request)

/** Who asks, for the journal: a header that nobody checked makes nobody a holder of a token. */
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

/** Compares digests in constant time: neither length nor content shows in how long it takes. */
function hasToken({ headers }: Request, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
