import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, CDPSession } from 'playwright-core'
import { launched } from '../support/browser.ts'
import { SETTLE_MS, withPositions } from './many-positions.ts'
import { quantile, type Table } from './report.ts'

const POSITIONS = 10_000
const LOADS = 10

/** How soon the page is there, and how smoothly 10,000 rows scroll. */
export async function page(): Promise<Table> {
  return withPositions(POSITIONS, async port => {
    const url = `http://127.0.0.1:${port}/`
    const browser = await launched()
    try {
      const loads: Load[] = []
      for (let each = 0; each < LOADS; each++) loads.push(await loaded(browser, url))
      const { frames, workMs, heapMib } = await scrolled(browser, url)
      const ms = (values: readonly number[], share: number): string =>
        `${quantile([...values], share).toFixed(1)} ms`
      const paints = loads.map(({ paintMs }) => paintMs)
      const rows = loads.map(({ rowsMs }) => rowsMs)
      return {
        head: ['figure', 'p50', 'p95'],
        rows: [
          ['first paint, with an empty cache', ms(paints, 0.5), ms(paints, 0.95)],
          [`first of ${POSITIONS} rows`, ms(rows, 0.5), ms(rows, 0.95)],
          ['frame while scrolling', ms(frames, 0.5), ms(frames, 0.95)],
          ['work of the page for a frame, mean', `${workMs.toFixed(1)} ms`, ''],
          ['heap of the page', `${heapMib.toFixed(1)} MiB`, ''],
        ],
        notes: [`${LOADS} loads from loopback, ${frames.length} frames; 60 Hz has 16.7 ms a frame`],
      }
    } finally {
      await browser.close()
    }
  })
}

interface Load {
  readonly paintMs: number
  readonly rowsMs: number
}

/** One load in a browser profile of its own, from the begin of the navigation on. */
async function loaded(browser: Browser, url: string): Promise<Load> {
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } })
  try {
    const opened = await context.newPage()
    await opened.goto(url)
    const rowsMs = (await opened.evaluate(FIRST_ROW)) as number
    const paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    return { rowsMs, paintMs: (await opened.evaluate(paint)) as number }
  } finally {
    await context.close()
  }
}

/** Time of the frame after the first row is in the document, ms of the page. */
const FIRST_ROW = `new Promise(resolve => {
  const poll = () => document.querySelector('.row')
    ? requestAnimationFrame(() => resolve(performance.now()))
    : requestAnimationFrame(poll)
  poll()
})`

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

async function metric(debug: CDPSession, name: string): Promise<number> {
  const { metrics } = await debug.send('Performance.getMetrics')
  return metrics.find(each => each.name === name)!.value
}

async function scrolled(
  browser: Browser,
  url: string,
): Promise<{ frames: number[]; workMs: number; heapMib: number }> {
  const opened = await browser.newPage({ viewport: { width: 1_440, height: 900 } })
  const debug = await opened.context().newCDPSession(opened)
  // CPU time of the main thread: another program on the machine does not count.
  await debug.send('Performance.enable', { timeDomain: 'threadTicks' })
  await opened.goto(url)
  await opened.locator('.row').first().waitFor()
  await sleep(SETTLE_MS)
  const before = await metric(debug, 'TaskDuration')
  const frames = (await opened.evaluate(SCROLL)) as number[]
  const workMs = (((await metric(debug, 'TaskDuration')) - before) * 1_000) / frames.length
  return { frames, workMs, heapMib: (await metric(debug, 'JSHeapUsedSize')) / 2 ** 20 }
}
