import { z } from 'zod'
import { VENUE_KINDS, type VenueKind } from '../../domain/venue-kind.ts'
import {
  STREAM_HOSTS as BINANCE,
  quoteDialects as binanceDialects,
} from './binance/quote-stream.ts'
import { STREAM_HOSTS as BYBIT, quoteDialects as bybitDialects } from './bybit/quote-stream.ts'
import { STREAM_HOSTS as OKX, quoteDialects as okxDialects } from './okx/quote-stream.ts'
import { streamUrl, url } from './options.ts'
import type { QuoteDialect } from './stream/dialect.ts'

/** A network of a venue; without an address, the one of the environment. */
export interface VenuePlace {
  readonly kind: VenueKind
  readonly environment: 'testnet' | 'demo' | 'live'
  readonly url?: string | undefined
  readonly streamUrl?: string | undefined
}

/** The venue whose public prices a feed takes, without an account there. */
export const publicVenueSchema = z
  .strictObject({
    kind: z.enum(VENUE_KINDS).describe('The venue, see docs/venues.md.'),
    environment: z
      .enum(['testnet', 'demo', 'live'])
      .default('live')
      .describe('Which of its networks; test networks have prices of their own.'),
    url,
    streamUrl,
  })
  .refine(({ kind, environment }) => kind !== 'okx' || environment !== 'testnet', {
    path: ['environment'],
    error: 'demo or live: okx has no testnet',
  })

/** The sockets with public quotes of a venue. */
export function quoteDialectsOf({
  kind,
  environment,
  streamUrl: given,
}: VenuePlace): readonly QuoteDialect[] {
  const base = given?.replace(/\/+$/, '')
  switch (kind) {
    case 'binance':
      return binanceDialects(base ?? BINANCE[environment])
    case 'bybit':
      return bybitDialects(base ?? BYBIT[environment])
    case 'okx':
      return okxDialects(base ?? OKX[environment === 'live' ? 'live' : 'demo'])
  }
}
