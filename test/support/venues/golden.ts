import { readFileSync } from 'node:fs'
import type { Ask } from '../../../src/brokers/http/exchange.ts'
import type { Stamp } from '../../../src/brokers/venue/line.ts'
import { instrumentId, positionId } from '../../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../../src/domain/order.ts'
import { countCase } from './cases.ts'

/** A request that another client library (ccxt 4.5.84, offline) built for the same question. */
export interface Golden {
  readonly venue: string
  readonly call: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

const ALL = JSON.parse(
  readFileSync(new URL('../../brokers/venue/golden.json', import.meta.url), 'utf8'),
) as readonly Golden[]

/** The golden request of a call. */
export function golden(venue: string, call: string): Golden {
  const found = ALL.find(each => each.venue === venue && each.call === call)
  if (found === undefined) throw new Error(`no golden request ${venue} ${call}`)
  countCase('golden', call)
  return found
}

/** What all of them are signed with. */
export const STAMP: Stamp = {
  key: { key: 'golden-key', secret: 'golden-secret', passphrase: 'golden phrase' },
  at: 1_700_000_000_000,
}

export const GOLDEN_ID = 'wk0123456789abcdef01234567' as ClientOrderId

/** The exit that the golden orders are. */
export const goldenExit = (but: Partial<ExitOrder> = {}): ExitOrder => ({
  clientOrderId: GOLDEN_ID,
  positionId: positionId('p1'),
  instrument: instrumentId('BTCUSDT'),
  side: 'long',
  quantity: 0.005,
  priceSource: 'trade',
  reduceOnly: true,
  ...but,
})

/** The parts of a request that must be equal: its parameters, and its signature. */
export interface Parts {
  readonly method: string
  readonly path: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
}

/** A request in its parts; its body is JSON or a form. */
export function partsOf({ method, path, headers = {}, text = '' }: Ask): Parts {
  const url = new URL(path, 'https://venue')
  const query = Object.fromEntries(url.searchParams)
  const body: unknown = text.startsWith('{')
    ? JSON.parse(text)
    : Object.fromEntries(new URLSearchParams(text))
  return { method, path: url.pathname, headers, fields: { ...query, ...(body as object) } }
}

/** A golden request in its parts. */
export function goldenParts({ method, url, headers, body = '' }: Golden): Parts {
  const { pathname, search } = new URL(url)
  return partsOf({
    method: method as Ask['method'],
    path: `${pathname}${search}`,
    headers,
    text: body,
  })
}
