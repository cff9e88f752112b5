import type { HealthStatus } from '../../ports/control/health.ts'

/** News of the service's health, for a person. */
export interface Alert {
  readonly status: HealthStatus
  /** Status before it. */
  readonly before: HealthStatus
  /** Epoch ms. */
  readonly at: number
  /** Which service, where several report to the same place. */
  readonly service: string
  /** Why, most serious first. */
  readonly reasons: readonly string[]
  /** News that were left out since the last one that was sent. */
  readonly leftOut: number
}

/** One request that carries an alert. */
export interface AlertRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Somewhere that alerts go. One file and one registry line each. */
export interface Channel {
  /** What it is called in the journal; no secret is part of it. */
  readonly name: string
  /** What tells it from other channels, over restarts; a secret. */
  readonly address: string
  /** It keeps an incident open until the message that resolves it. */
  readonly keepsIncidents: boolean
  /** From which status on it is told; that all is well again is always told. */
  readonly from: 'warn' | 'fail'
  request(alert: Alert): AlertRequest
}

/** One line for a person. */
export const titleOf = ({ service, status, before }: Alert): string =>
  status === 'pass' ? `${service} is well again (was ${before})` : `${service} reports ${status}`

/** Longest text that goes out; the API has all of it. */
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
