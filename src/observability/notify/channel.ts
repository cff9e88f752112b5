import type { HealthStatus } from '../../ports/control/health.ts'
import { zonedText } from '../zoned-text.ts'

/** A message about the service's health. */
export interface Alert {
  readonly status: HealthStatus
  /** Status before it. */
  readonly before: HealthStatus
  /** Epoch ms. */
  readonly at: number
  /** Zone in which people read times; default UTC. */
  readonly timezone?: string
  /** Which service, where several report to the same place. */
  readonly service: string
  /** Reasons, most serious first. */
  readonly reasons: readonly string[]
  /** Messages that were left out since the last one that was sent. */
  readonly leftOut: number
}

/** One HTTP request that carries a message. */
export interface AlertRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A destination of messages. One file and one registry line each. */
export interface Channel {
  /** Its name in the journal; contains no secret. */
  readonly name: string
  /** Identifies it over restarts; a secret. */
  readonly address: string
  /** It keeps an incident open until the message that resolves it. */
  readonly keepsIncidents: boolean
  /** The least severe status that it is sent; the end of a problem is always sent. */
  readonly from: 'warn' | 'fail'
  request(alert: Alert): AlertRequest
}

/** One line for a person. */
export const titleOf = ({ service, status, before }: Alert): string =>
  status === 'pass' ? `${service} is well again (was ${before})` : `${service} reports ${status}`

/** The same with its time, for channels whose messages may arrive late. */
export const headOf = (alert: Alert): string =>
  `${titleOf(alert)}, ${zonedText(alert.timezone ?? 'UTC', alert.at)}`

/** Longest text that is sent; the API has all of it. */
const LONGEST = 1_500

/** The reasons as lines, cut to what a message can hold. */
export function detailsOf({ reasons, leftOut }: Alert): string {
  const more = leftOut > 0 ? [`(${leftOut} changes in between were not sent)`] : []
  const text = [...reasons, ...more].join('\n')
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

/** A request with a JSON body. */
export const jsonRequest = (
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): AlertRequest => ({
  url,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
