import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The browser of the system. */
export function launched(): Promise<Browser> {
  const executablePath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map(folder => join(folder, 'chromium'))
    .find(isRunnable)
  if (executablePath === undefined) throw new Error('chromium is missing')
  return chromium.launch({ executablePath, args: ARGUMENTS })
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A page and its errors. */
export interface Opened {
  readonly page: Page
  /** Errors of the console, of the policy and of scripts. */
  readonly complaints: string[]
}

/** Opens a page in a browser profile of its own. */
export async function opened(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext(options)
  // A machine that is busy with other tests shows a page late.
  context.setDefaultTimeout(60_000)
  return openedIn(await context.newPage(), url)
}

/** Opens an address in a page, and collects its errors. */
export async function openedIn(page: Page, url: string): Promise<Opened> {
  const complaints: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(error.message))
  await page.goto(url)
  return { page, complaints }
}

interface Finding {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

/** What axe finds serious or critical in a page, one line each. */
export async function faultsOf(page: Page): Promise<string[]> {
  // Through the debugger: the policy of the page blocks foreign scripts.
  await page.evaluate(axe.source)
  const found = (await page.evaluate(
    "axe.run({ resultTypes: ['violations'] }).then(each => each.violations)",
  )) as Finding[]
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}
