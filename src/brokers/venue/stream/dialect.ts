import { z } from 'zod'
import type { InstrumentId } from '../../../domain/ids.ts'
import { jsonOf } from '../reply.ts'

/** Reasons why a message of a stream proves nothing. */
export const ODD_MESSAGES = ['syntax', 'shape', 'unasked', 'old', 'no-snapshot'] as const

/**
 * `syntax`: no JSON object; `shape`: a field is missing or wrong; `unasked`: about an instrument that was not
 * subscribed; `old`: older than a message before it; `no-snapshot`: changes to a snapshot that did not come.
 */
export type OddMessage = (typeof ODD_MESSAGES)[number]

/** What one message says about one instrument. */
export interface QuotePart {
  readonly instrument: InstrumentId
  /** Epoch ms at the venue. */
  readonly ts: number
  /** Whether it has only the figures that changed since the message before it. */
  readonly isDelta: boolean
  /** Only figures that the message has; 0 for a bid or an ask says that the side is missing. */
  readonly figures: Readonly<Partial<Record<'price' | 'bid' | 'ask', number>>>
}

/** One message of a stream of quotes. */
export type StreamMessage =
  | { readonly kind: 'quote'; readonly part: QuotePart }
  /** The venue accepted a request; `id` is that of the request. */
  | { readonly kind: 'accepted'; readonly id: string }
  /** The venue refused a request, or an earlier one where `id` is undefined. */
  | { readonly kind: 'refused'; readonly id: string | undefined; readonly text: string }
  /** The venue announces that it will close the connection. */
  | { readonly kind: 'closing'; readonly text: string }
  /** An answer to a heartbeat, or something that concerns no price. */
  | { readonly kind: 'other' }
  | { readonly kind: 'odd'; readonly what: OddMessage }

/** How one socket with public quotes of a venue is used. */
export interface QuoteDialect {
  /** What comes on it, for messages and metrics. */
  readonly name: string
  readonly url: string
  /** Most instruments on one connection. */
  readonly most: number
  /** Text of a heartbeat, which the venue answers. */
  readonly ping: string
  subscription(act: 'subscribe' | 'unsubscribe', names: readonly InstrumentId[], id: string): string
  /** Reads a message; never throws. */
  read(text: string): StreamMessage
}

/** Epoch ms of 1973 and of 5138: seconds are below the first, microseconds above the second. */
export const epochMs = z.number().int().min(1e11).max(1e14)

/** A JSON object of a stream; undefined for everything else. */
export function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = jsonOf(text)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Readonly<Record<string, unknown>>) : undefined
}

export const odd = (what: OddMessage): StreamMessage => ({ kind: 'odd', what })
export const OTHER: StreamMessage = { kind: 'other' }
