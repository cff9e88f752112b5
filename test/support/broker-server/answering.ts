import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Reply } from './routes.ts'
import type { Harm, Phase } from './script.ts'

/** Faults that prevent an answer. */
export type Cut = 'cut'

interface Surroundings {
  /** Ends the process as kill -9 does. */
  crash(): void
  /** A number ≥ 0 and < 1. */
  chance(): number
  hand(trade: Extract<Harm, { kind: 'hand' }>['trade']): void
  /** Triggers every resting stop. */
  trigger(): void
}

/** Applies the faults of one phase; returns `cut` where nothing is to be done or sent any more. */
export async function suffer(
  harms: readonly Harm[],
  { phase, response, around }: { phase: Phase; response: ServerResponse; around: Surroundings },
): Promise<Cut | undefined> {
  for (const harm of harms) {
    if (!('when' in harm) || harm.when !== phase) continue
    switch (harm.kind) {
      case 'delay':
        await sleep(harm.ms + (harm.jitterMs ?? 0) * around.chance())
        break
      case 'hand':
        around.hand(harm.trade)
        break
      case 'trigger':
        around.trigger()
        break
      case 'crash':
        around.crash()
        return 'cut'
      case 'hang':
        return 'cut'
      case 'reset':
        response.socket?.resetAndDestroy()
        return 'cut'
      case 'status':
        sendStatus(response, harm)
        return 'cut'
    }
  }
  return undefined
}

/** An answer that is an error. */
export function sendStatus(
  response: ServerResponse,
  {
    status,
    headers = {},
    body,
    text: given,
    isEndless = false,
  }: {
    status: number
    headers?: Readonly<Record<string, string>>
    body?: unknown
    text?: string
    isEndless?: boolean
  },
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  const text = given ?? (body === undefined ? '' : JSON.stringify(body))
  if (isEndless) response.write(`${text} `)
  else response.end(text)
}

/** Sends an answer, as changed by the faults. */
export async function answer(
  response: ServerResponse,
  body: Record<string, unknown> | Reply,
  harms: readonly Harm[],
): Promise<void> {
  const {
    status,
    headers,
    body: sent,
  } = body instanceof Reply ? body : new Reply(200, harms.reduce(altered, body))
  let text = sent === undefined ? '' : JSON.stringify(sent)
  for (const harm of harms) {
    if (harm.kind === 'double')
      text = `${text.slice(0, -1)},${JSON.stringify(harm.fields).slice(1)}`
    if (harm.kind === 'raw') text = harm.text
  }
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  for (const harm of harms) {
    if (harm.kind === 'drip') return drip(response, text.padEnd(harm.padding ?? 0), harm.everyMs)
    if (harm.kind === 'flood') return flood(response, { bytes: harm.bytes, text })
  }
  response.end(text)
}

function altered(body: Record<string, unknown>, harm: Harm): Record<string, unknown> {
  if (harm.kind === 'patch') {
    const fields = Object.entries({ ...body, ...harm.fields })
    return Object.fromEntries(fields.filter(([, value]) => value !== null))
  }
  if (harm.kind !== 'rows') return body
  const list = Object.entries(body).find(([, value]) => Array.isArray(value))
  if (list === undefined) return body
  const [name, rows] = list as [string, unknown[]]
  switch (harm.change) {
    case 'empty':
      return { ...body, [name]: [] }
    case 'half':
      return { ...body, [name]: rows.filter((_, index) => index % 2 === 1) }
    case 'twice':
      return { ...body, [name]: rows.flatMap(row => [row, row]) }
    case 'missing':
      return {}
    case 'malformed':
      return { ...body, [name]: [...rows, { instrument: 7, quantity: 'many' }] }
  }
}

async function drip(response: ServerResponse, text: string, everyMs: number): Promise<void> {
  for (const byte of text) {
    if (response.destroyed) return
    response.write(byte)
    await sleep(everyMs)
  }
  response.end()
}

async function flood(
  response: ServerResponse,
  { bytes, text }: { bytes: number; text: string },
): Promise<void> {
  const chunk = Buffer.alloc(65_536, ' ')
  for (let sent = 0; sent < bytes && !response.destroyed; sent += chunk.length) {
    await new Promise(resolve => response.write(chunk, resolve))
  }
  response.end(text)
}
