import type { ViewFrame, ViewPage, ViewReset } from '../../ports/view.ts'
import { read, request } from '../api.ts'
import { Shared } from './shared.ts'
import type { LiveStore } from './store.ts'

/**
 * A stream without a frame for so long is dead: the computer was suspended, or the network is down;
 * ms.
 */
const SILENT_MS = 5_000
/** Waits between two attempts to connect, ms. */
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 5_000
const PAGE_ROWS = 2_000

export interface ConnectionEvents {
  /** Called when the store has changed: by a whole view or by a frame. */
  changed(): void
  /** Called with the reason why there is no connection; undefined: there is one. */
  trouble(why: string | undefined): void
  /** Called when the service serves another build of the page, with its id. */
  otherBuild(build: string): void
}

/**
 * Keeps the store up to date while the page is visible. One page of a browser reads the stream, the
 * other pages of that browser receive its frames.
 */
export class Connection {
  private readonly store: LiveStore
  private readonly events: ConnectionEvents
  private readonly shared: Shared
  private stop: AbortController | undefined
  /** When the last frame or view arrived, by the page's monotonic clock, and by the wall clock, epoch ms. */
  private receivedAt = -Infinity
  private receivedWall = -Infinity
  private silence: AbortController | undefined

  constructor(store: LiveStore, events: ConnectionEvents) {
    this.store = store
    this.events = events
    this.shared = new Shared(message => this.take(message))
  }

  /** Connects, and follows what the browser does with the page. */
  start(): void {
    document.addEventListener('visibilitychange', () => this.update())
    // The browser may restore a page that was left, with its old state.
    window.addEventListener('pagehide', () => this.stop?.abort())
    window.addEventListener('pageshow', () => this.update())
    this.update()
  }

  /**
   * Age of the data, ms; Infinity before the first. While a computer sleeps the monotonic clock of some browsers
   * stands still: the larger of both ages counts, so that what was received before never appears current.
   */
  get ageMs(): number {
    return Math.max(performance.now() - this.receivedAt, Date.now() - this.receivedWall)
  }

  /** Ends a stream that has been silent for too long, as after a sleep: it is opened again. */
  renew(): void {
    if (this.ageMs > SILENT_MS) this.silence?.abort()
  }

  /** Connects where the page is visible, and disconnects where it is not. */
  private update(): void {
    const isOn = this.stop !== undefined && !this.stop.signal.aborted
    if (document.hidden) this.stop?.abort()
    else if (!isOn) {
      this.stop = new AbortController()
      void this.run(this.stop.signal)
    }
  }

  private async run(signal: AbortSignal): Promise<void> {
    let waitMs = FIRST_WAIT_MS
    while (!signal.aborted) {
      try {
        if (this.store.version < 0) await this.load()
        await this.shared.lead(
          signal,
          () => this.isFed(),
          () => this.stream(signal),
        )
        waitMs = FIRST_WAIT_MS
      } catch (error) {
        if (signal.aborted) return
        this.events.trouble(error instanceof Error ? error.message : String(error))
      }
      await pause(waitMs * (0.5 + Math.random() / 2), signal)
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)
    }
  }

  /** Whether another page of this browser sends matching frames. */
  private isFed(): boolean {
    return this.store.version >= 0 && this.ageMs < SILENT_MS
  }

  /** Reads the whole view. */
  private async load(): Promise<void> {
    const pages: ViewPage[] = []
    for (let after: number | null | undefined; after !== null;) {
      const from: string = after === undefined ? '' : `&after=${after}`
      const page: ViewPage = await read(`/api/view?limit=${PAGE_ROWS}${from}`)
      // If the view was created anew meanwhile, start again.
      if (pages.length > 0 && pages[0]!.epoch !== page.epoch) {
        pages.length = 0
        after = undefined
        continue
      }
      pages.push(page)
      after = page.next
    }
    this.store.load(pages)
    this.received()
    const { build } = pages[0]!
    if (build !== null && build !== ownBuild()) this.events.otherBuild(build)
  }

  /** Reads frames until the stream ends. */
  private async stream(signal: AbortSignal): Promise<void> {
    const silence = new AbortController()
    this.silence = silence
    const { epoch, version } = this.store
    if (version < 0) return
    const path = `/api/view/stream?epoch=${encodeURIComponent(epoch)}&version=${version}`
    const response = await request(path, { signal: AbortSignal.any([signal, silence.signal]) })
    if (!response.ok || response.body === null) {
      await response.body?.cancel()
      throw new Error(`the service answered ${response.status}`)
    }
    let alarm = setTimeout(() => silence.abort(), SILENT_MS)
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    try {
      let rest = ''
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        clearTimeout(alarm)
        alarm = setTimeout(() => silence.abort(), SILENT_MS)
        const lines = (rest + value).split('\n')
        rest = lines.pop()!
        for (const line of lines) {
          const message = JSON.parse(line) as ViewFrame | ViewReset
          this.shared.send(message)
          if (!this.take(message)) return
        }
      }
    } finally {
      clearTimeout(alarm)
      void reader.cancel().catch(() => undefined)
    }
  }

  /**
   * Applies a frame of its own stream or of another page; false where the view must be read again.
   */
  private take(message: ViewFrame | ViewReset): boolean {
    const isTaken = !('reset' in message) && this.store.apply(message)
    if (isTaken) this.received()
    else this.store.version = -1
    return isTaken
  }

  private received(): void {
    this.receivedAt = performance.now()
    this.receivedWall = Date.now()
    this.events.trouble(undefined)
    this.events.changed()
  }
}

/** The build of this page. */
const ownBuild = (): string | undefined =>
  document.querySelector<HTMLMetaElement>('meta[name=watchkeeper-build]')?.content

/** Ends early when the signal aborts. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
