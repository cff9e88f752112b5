import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ViewPage } from '../../src/ports/view.ts'
import { ask } from '../support/http.ts'
import { SETTLE_MS, withPositions } from './many-positions.ts'
import type { Table } from './report.ts'

const POSITIONS = 10_000
const DASHBOARDS = 50
const MEASURE_MS = 6_000
/** What 50 pages cost a service that guards 10,000 positions. */
export async function dashboards(): Promise<Table> {
  return withPositions(POSITIONS, async port => {
    const alone = await cpuShare(port)
    const clients = await Promise.all(Array.from({ length: DASHBOARDS }, () => watch(port)))
    await sleep(SETTLE_MS)
    let bytes = 0
    for (const client of clients) client.on('data', (chunk: Buffer) => (bytes += chunk.length))
    const watched = await cpuShare(port)
    for (const client of clients) client.destroy()
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
    const perClient = bytes / DASHBOARDS / (MEASURE_MS / 1_000) / 1_024
    return {
      head: ['figure', 'value'],
      rows: [
        ['CPU of the service alone', percent(alone)],
        [`CPU with ${DASHBOARDS} dashboards`, percent(watched)],
        ['added', percent(watched - alone)],
        ['sent to each', `${perClient.toFixed(1)} KiB/s`],
      ],
      notes: [`${POSITIONS} positions; CPU as a share of one core`],
    }
  })
}

/** Share of one core that the service uses. */
async function cpuShare(port: number): Promise<number> {
  const seconds = async (): Promise<number> => {
    const { text } = await ask(port, '/metrics')
    return Number(/^process_cpu_seconds_total\S* (\S+)/m.exec(text)![1])
  }
  const [from, since] = [await seconds(), performance.now()]
  await sleep(MEASURE_MS)
  return ((await seconds()) - from) / ((performance.now() - since) / 1_000)
}

/** One client of the stream that reads all. */
async function watch(port: number): Promise<IncomingMessage> {
  const page = (await ask(port, '/api/view?limit=1')).json as unknown as ViewPage
  const path = `/api/view/stream?epoch=${page.epoch}&version=${page.version}`
  const options = { host: '127.0.0.1', port, path, agent: false }
  const [response] = (await once(get(options), 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  return response.resume()
}
