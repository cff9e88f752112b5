import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, CDPSession } from 'playwright-core'
import { launched } from '../support/browser.ts'
import { SETTLE_MS, withPositions } from './many-positions.ts'
import { quantile, type Table } from './report.ts'

const POSITIONS = 10_000
const LOADS = 10
const FRAMES = 300
const VIEWPORT = { width: 1_440, height: 900 }

/** A page without a script or a style sheet of its own: what the browser itself needs. */
const EMPTY = `<!doctype html><html lang="en"><head><title>empty</title><link rel="icon" href="data:,">
</head><body><h1>empty</h1><div style="height: 400000px"></div></body></html>`

/** Those headers of the service for which a browser gives a page a process of its own. */
const OWN_PROCESS = {
  'cross-origin-opener-policy': 'same-origin',
  'origin-agent-cluster': '?1',
}

/**
 * How soon the page is there, and how smoothly 10,000 rows scroll; each beside an empty page in the same browser, whose
 * figures are those of the browser and the machine.
 */
export async function page(): Promise<Table> {
  return withPositions(POSITIONS, async port => {
    const url = `http://127.0.0.1:${port}/`
    const server = createServer((request, response) => {
      const headers = request.url === '/own-process' ? OWN_PROCESS : {}
      response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(EMPTY)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const empty = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const browser = await launched()
    try {
      const loads: Load[] = []
      const floor: Floor = { any: [], ownProcess: [] }
      for (let each = 0; each < LOADS; each++) {
        floor.any.push((await loaded(browser, empty, FIRST_PAINT)).paintMs)
        floor.ownProcess.push((await loaded(browser, `${empty}own-process`, FIRST_PAINT)).paintMs)
        loads.push(await loaded(browser, url, FIRST_ROW))
      }
      const bare = await scrolled(browser, empty, 'h1')
      return table(loads, floor, bare, await scrolled(browser, url, '.row'))
    } finally {
      await browser.close()
      server.close()
    }
  })
}

function table(loads: readonly Load[], floor: Floor, bare: Scroll, own: Scroll): Table {
  const both = (values: readonly number[]): string[] =>
    [0.5, 0.95].map(share => `${quantile([...values], share).toFixed(1)} ms`)
  const mean = (ms: number): string[] => [`${ms.toFixed(1)} ms`, '']
  const paints = loads.map(({ paintMs }) => paintMs)
  const rows = loads.map(({ rowsMs }) => rowsMs)
  return {
    head: ['figure', 'p50', 'p95'],
    rows: [
      ['first paint, with an empty cache', ...both(paints)],
      ['first paint of an empty page', ...both(floor.any)],
      ['the same in a process of its own, as ours', ...both(floor.ownProcess)],
      [`first of ${POSITIONS.toLocaleString('en')} rows`, ...both(rows)],
      ['frame while scrolling', ...both(own.frames)],
      ['frame while an empty page scrolls', ...both(bare.frames)],
      ['CPU of the main thread for a frame, mean', ...mean(own.threadMs)],
      ['CPU of all threads of the page for a frame, mean', ...mean(own.processMs)],
      ['the same of an empty page', ...mean(bare.processMs)],
      ['tasks longer than 50 ms while scrolling', String(own.longTasks), ''],
      ['heap of the page', `${own.heapMib.toFixed(1)} MiB`, ''],
    ],
    notes: [
      `${LOADS} loads from loopback, ${own.frames.length} frames; 60 Hz has 16.7 ms a frame`,
      'the browser draws by the CPU; other programs on the machine lengthen times, not CPU',
    ],
  }
}

/** First paints of an empty page, ms. */
interface Floor {
  readonly any: number[]
  readonly ownProcess: number[]
}

interface Load {
  readonly paintMs: number
  readonly rowsMs: number
}

/** One load in a browser profile of its own, from the begin of the navigation on. */
async function loaded(browser: Browser, url: string, end: string): Promise<Load> {
  const context = await browser.newContext({ viewport: VIEWPORT })
  try {
    const opened = await context.newPage()
    await opened.goto(url)
    const rowsMs = (await opened.evaluate(end)) as number
    const paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    return { rowsMs, paintMs: (await opened.evaluate(paint)) as number }
  } finally {
    await context.close()
  }
}

/** Resolves after a frame for which `condition` holds, with its time, ms of the page. */
const frameWith = (condition: string): string => `new Promise(resolve => {
  const poll = () => ${condition}
    ? requestAnimationFrame(() => resolve(performance.now()))
    : requestAnimationFrame(poll)
  poll()
})`
const FIRST_PAINT = frameWith("performance.getEntriesByName('first-contentful-paint').length > 0")
const FIRST_ROW = frameWith("document.querySelector('.row')")

/** Scrolls the list; times between frames, ms, and the number of long tasks. */
const SCROLL = `new Promise(resolve => {
  const times = []
  let longTasks = 0
  const observer = new PerformanceObserver(list => (longTasks += list.getEntries().length))
  observer.observe({ type: 'longtask' })
  let last = performance.now()
  const step = now => {
    times.push(now - last)
    last = now
    window.scrollBy(0, 400)
    if (times.length < ${FRAMES}) requestAnimationFrame(step)
    else resolve({ frames: times, longTasks })
  }
  requestAnimationFrame(step)
})`

interface Scroll {
  readonly frames: readonly number[]
  readonly longTasks: number
  /** CPU for one frame, mean: of the main thread, and of the whole process of the page. */
  readonly threadMs: number
  readonly processMs: number
  readonly heapMib: number
}

async function scrolled(browser: Browser, url: string, ready: string): Promise<Scroll> {
  const context = await browser.newContext({ viewport: VIEWPORT })
  try {
    const opened = await context.newPage()
    const debug = await context.newCDPSession(opened)
    // CPU time: another program on the machine does not count.
    await debug.send('Performance.enable', { timeDomain: 'threadTicks' })
    await opened.goto(url)
    await opened.locator(ready).first().waitFor()
    await sleep(SETTLE_MS)
    const [thread, process] = [await metric(debug, 'TaskDuration'), await cpuOfPages(browser)]
    const found = (await opened.evaluate(SCROLL)) as Pick<Scroll, 'frames' | 'longTasks'>
    const perFrame = (seconds: number): number => (seconds * 1_000) / found.frames.length
    return {
      ...found,
      threadMs: perFrame((await metric(debug, 'TaskDuration')) - thread),
      processMs: perFrame((await cpuOfPages(browser)) - process),
      heapMib: (await metric(debug, 'JSHeapUsedSize')) / 2 ** 20,
    }
  } finally {
    await context.close()
  }
}

async function metric(debug: CDPSession, name: string): Promise<number> {
  const { metrics } = await debug.send('Performance.getMetrics')
  return metrics.find(each => each.name === name)!.value
}

/** CPU seconds of all pages of a browser. */
async function cpuOfPages(browser: Browser): Promise<number> {
  const debug = await browser.newBrowserCDPSession()
  try {
    const { processInfo } = await debug.send('SystemInfo.getProcessInfo')
    return processInfo
      .filter(({ type }) => type === 'renderer')
      .reduce((total, { cpuTime }) => total + cpuTime, 0)
  } finally {
    await debug.detach()
  }
}
