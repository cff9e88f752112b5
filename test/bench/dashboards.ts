import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CDPSession } from 'playwright-core'
import type { ViewPage } from '../../src/ports/view.ts'
import { launched } from '../support/browser.ts'
import { builtPage } from '../support/built-page.ts'
import { Folder } from '../support/cli.ts'
import { ask } from '../support/http.ts'
import { RunningService } from '../support/kill.ts'
import { quantile, type Table } from './report.ts'

const POSITIONS = 10_000
const DASHBOARDS = 50
const MEASURE_MS = 6_000
const SETTLE_MS = 3_000
/** Prices of the simulated feed: far from every stop, so that nothing exits meanwhile. */
const INSTRUMENTS = { NIFTY: 24_550, BTCUSD: 92_400, EURUSD: 1.062, GOLD: 2_632, WTI: 70 } as const

/** What 50 pages cost a service that guards 10,000 positions, and how smoothly one of them scrolls. */
export async function dashboards(): Promise<Table> {
  builtPage()
  const folder = new Folder()
  const file = folder.file('positions.yaml', positionsFile())
  const service = new RunningService([
    '--positions',
    file,
    '--data',
    `${folder.path}/data`,
    '--port',
    '0',
  ])
  try {
    await service.printed(line => line.startsWith('health'))
    const line = service.lines.find(each => each.startsWith('health'))!
    const port = Number(/:(\d+)\/health/.exec(line)![1])
    await sleep(SETTLE_MS)
    const alone = await cpuShare(port)
    const clients = await Promise.all(Array.from({ length: DASHBOARDS }, () => watch(port)))
    await sleep(SETTLE_MS)
    let bytes = 0
    for (const client of clients) client.on('data', (chunk: Buffer) => (bytes += chunk.length))
    const watched = await cpuShare(port)
    for (const client of clients) client.destroy()
    const { frames, workMs } = await scrolled(`http://127.0.0.1:${port}/`)
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
    const perClient = bytes / DASHBOARDS / (MEASURE_MS / 1_000) / 1_024
    return {
      head: ['figure', 'value'],
      rows: [
        ['CPU of the service alone', percent(alone)],
        [`CPU with ${DASHBOARDS} dashboards`, percent(watched)],
        ['added', percent(watched - alone)],
        ['sent to each', `${perClient.toFixed(1)} KiB/s`],
        ['work of the page for a frame, mean', `${workMs.toFixed(1)} ms`],
        ['frame while scrolling, p50', `${quantile(frames, 0.5).toFixed(1)} ms`],
        ['frame while scrolling, p95', `${quantile(frames, 0.95).toFixed(1)} ms`],
        ['frame while scrolling, p99', `${quantile(frames, 0.99).toFixed(1)} ms`],
      ],
      notes: [`${POSITIONS} positions, ${frames.length} frames; a frame of 60 Hz has 16.7 ms`],
    }
  } finally {
    await service.end('SIGTERM')
    folder.remove()
  }
}

function positionsFile(): string {
  const entries = Object.entries(INSTRUMENTS)
  const lines = Array.from({ length: POSITIONS }, (_, index) => {
    const [instrument, entryPrice] = entries[index % entries.length]!
    const side = index % 3 === 0 ? 'short' : 'long'
    return `  - { id: p-${index}, instrument: ${instrument}, side: ${side}, quantity: 1, entryPrice: ${entryPrice} }`
  })
  const rules = 'stopLoss: { pct: 40 }, trailingStop: { distancePct: 30 }'
  return `rules: { default: { ${rules} } }\npositions:\n${lines.join('\n')}\n`
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

/** Scrolls the whole list; times between frames, ms. */
const SCROLL = `new Promise(resolve => {
  const times = []
  let last = performance.now()
  const step = now => {
    times.push(now - last)
    last = now
    window.scrollBy(0, 400)
    if (times.length < 300) requestAnimationFrame(step)
    else resolve(times)
  }
  requestAnimationFrame(step)
})`

/** CPU time that the main thread of a page has used, ms: another program on the machine does not count. */
async function workMs(debug: CDPSession): Promise<number> {
  const { metrics } = await debug.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1_000
}

async function scrolled(url: string): Promise<{ frames: number[]; workMs: number }> {
  const browser = await launched()
  try {
    const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } })
    const debug = await page.context().newCDPSession(page)
    await debug.send('Performance.enable', { timeDomain: 'threadTicks' })
    await page.goto(url)
    await page.locator('.row').first().waitFor()
    await sleep(SETTLE_MS)
    const before = await workMs(debug)
    const frames = (await page.evaluate(SCROLL)) as number[]
    return { frames, workMs: ((await workMs(debug)) - before) / frames.length }
  } finally {
    await browser.close()
  }
}
