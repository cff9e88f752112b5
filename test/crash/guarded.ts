import http, { type ClientRequest } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { main } from '../../src/cli/main.ts'
import type { Batch } from '../../src/ports/store.ts'
import { LmdbStore } from '../../src/stores/lmdb/store.ts'
import { stepClock } from '../support/steered/clock.ts'
import { harmCommits } from '../support/steered/commits.ts'
import { STEERING, type Steering } from '../support/steered/steering.ts'
import { CRASH_AT, type Label, type LabelledKill } from './labels.ts'
import { stepAtVenue } from './steps.ts'

/**
 * The real command, whose process ends by SIGKILL at a labelled step. Only its calls to the broker
 * and to the disk are intercepted, at the lowest level, so that the rest is the real program.
 */
const { commits = [], clockMs = 0, clockStep } = steering()
harmCommits(commits)
stepClock(clockMs)
if (clockStep !== undefined) setTimeout(() => stepClock(clockStep.ms), clockStep.afterMs).unref()
const given = process.env[CRASH_AT]
const kill = given === undefined ? undefined : (JSON.parse(given) as LabelledKill)
let left = kill?.nth ?? 0

function steering(): Steering {
  return JSON.parse(process.env[STEERING] ?? '{}') as Steering
}

function reach(label: Label): void {
  if (label !== kill?.label || --left !== 0) return
  const die = (): void => void process.kill(process.pid, 'SIGKILL')
  // Above zero only where the next step needs time, such as bytes that have to be sent.
  if (kill.afterMs > 0) setTimeout(die, kill.afterMs)
  else die()
}

/** The steps of one write; a batch that ends a position may carry an exit as well. */
function stepOf({
  rows = [],
  lines = [],
}: Batch): 'decided' | 'progress' | 'end' | 'net' | undefined {
  if (lines.some(({ kind }) => kind === 'exit-intended')) return 'decided'
  if (rows.some(({ table, value }) => table === 'closed' && value !== undefined)) return 'end'
  if (rows.some(({ table, value }) => table === 'exits' && value !== undefined)) return 'progress'
  if (rows.some(({ table, value }) => table === 'nets' && value !== undefined)) return 'net'
  return undefined
}

const write = LmdbStore.prototype.write
LmdbStore.prototype.write = async function (this: LmdbStore, batch: Batch) {
  const step = stepOf(batch)
  if (step !== undefined) reach(step)
  const lines = await write.call(this, batch)
  if (step !== undefined) reach(`${step}, durable`)
  return lines
}

function routeOf(
  method: string,
  path: string,
): 'place' | 'stop' | 'cancel' | 'order' | 'holding' | 'other' {
  const atVenue = stepAtVenue(method, path)
  if (atVenue !== undefined) return atVenue
  if (path.includes('/v1/holding?')) return 'holding'
  if (path.endsWith('/cancel')) return 'cancel'
  if (path.endsWith('/v1/stops') || path.endsWith('/amend')) return 'stop'
  if (method === 'POST' && path.endsWith('/v1/orders')) return 'place'
  return path.includes('/v1/orders/') ? 'order' : 'other'
}

const request = http.request as (...args: unknown[]) => ClientRequest
const watched = (...args: unknown[]): ClientRequest => {
  const options = args.find(each => typeof each === 'object' && !(each instanceof URL))
  const url = args.find(each => typeof each === 'string' || each instanceof URL)
  const { method = 'GET', path } = (options ?? {}) as { method?: string; path?: string }
  const route = routeOf(method, path ?? String(url))
  if (route !== 'other') reach(`${route}, before`)
  const call = request(...args)
  if (route === 'other') return call
  call.once('finish', () => reach(`${route}, sent`))
  // The answer has arrived and is unread: this listener comes before the service's own.
  call.once('response', answer => answer.once('end', () => reach(`${route}, answered`)))
  return call
}
http.request = watched
syncBuiltinESMExports()

// The process that kills it is gone. An exit would wait for threads of the store that hang.
const starter = process.ppid
setInterval(() => process.ppid !== starter && process.kill(process.pid, 'SIGKILL'), 1_000).unref()

const { stdin, stdout, stderr, env } = process
void main(process.argv.slice(2), { stdin, stdout, stderr, env }).then(
  code => (process.exitCode = code),
)
