import type { Response } from 'express'
import type { HttpConfig } from '../../config/http-schema.ts'
import type { Control } from '../../ports/control.ts'
import { ViewModel } from './model.ts'

/** See `http.view` of the configuration. */
export type ViewBounds = HttpConfig['view']

interface Client {
  readonly response: Response
  /** The version that the client has. */
  version: number
  skipped: number
  /** True while the client has not read the last frame. */
  isBusy: boolean
}

/**
 * One view for all clients of the stream: each frame is encoded once, and sent to all clients with
 * the same version.
 */
export class Broadcast {
  private readonly control: Control
  private readonly bounds: ViewBounds
  private readonly clients = new Set<Client>()
  private model: Promise<ViewModel> | undefined
  private timer: NodeJS.Timeout | undefined
  private isStepping = false
  /** When a client or a page last requested the view, monotonic ms. */
  private wantedAt = 0

  constructor(control: Control, bounds: ViewBounds) {
    this.control = control
    this.bounds = bounds
  }

  get isFull(): boolean {
    return this.clients.size >= this.bounds.clients
  }

  /** Whether the view is being updated now. */
  get isKept(): boolean {
    return this.model !== undefined
  }

  /** The view; creates it and keeps it updated until it was not requested for a while. */
  current(): Promise<ViewModel> {
    this.wantedAt = performance.now()
    if (this.model === undefined) {
      const made = ViewModel.of(this.control)
      this.model = made
      made.catch(() => this.forget())
      this.timer = setInterval(() => void this.turn(), this.bounds.frameMs).unref()
    }
    return this.model
  }

  /** Sends the changes after `from` of `epoch` until the client disconnects. */
  async add(response: Response, epoch: string, from: number): Promise<void> {
    const client: Client = { response, version: from, skipped: 0, isBusy: true }
    this.clients.add(client)
    response.once('close', () => this.clients.delete(client))
    const model = await this.current()
    if (epoch === model.epoch && from <= model.version) {
      client.isBusy = false
      return
    }
    this.clients.delete(client)
    response.end(encoded(model.reset()))
  }

  private async turn(): Promise<void> {
    if (this.isStepping || this.model === undefined) return
    if (this.clients.size > 0) this.wantedAt = performance.now()
    else if (performance.now() - this.wantedAt > this.bounds.lingerMs) {
      this.forget()
      return
    }
    this.isStepping = true
    try {
      const model = await this.model
      await model.step()
      this.send(model)
    } catch {
      // A failed read is repeated at the next turn; pages turn grey without frames.
    } finally {
      this.isStepping = false
    }
  }

  private send(model: ViewModel): void {
    const frames = new Map<number, Buffer>()
    for (const client of this.clients) {
      if (client.isBusy) {
        if (++client.skipped > this.bounds.skippedFrames) client.response.destroy()
        continue
      }
      let frame = frames.get(client.version)
      if (frame === undefined)
        frames.set(client.version, (frame = encoded(model.since(client.version))))
      this.write(client, frame, model.version)
    }
  }

  private write(client: Client, frame: Buffer, version: number): void {
    client.version = version
    client.skipped = 0
    if (client.response.write(frame)) return
    client.isBusy = true
    client.response.once('drain', () => (client.isBusy = false))
  }

  private forget(): void {
    clearInterval(this.timer)
    this.model = undefined
  }
}

const encoded = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\n`)
