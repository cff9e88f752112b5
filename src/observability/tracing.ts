import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api'
import type { PositionId } from '../domain/ids.ts'
import type { ExitEnd, ExitFollower, FollowedExit } from '../ports/telemetry.ts'

/** An exit with a trace. */
interface Traced {
  readonly generation: number
  readonly root: Span
  /** Span from the decision until it is durable; undefined after that. */
  intent: Span | undefined
  /** Span from the venue's acknowledgement until the fill. */
  fill: Span | undefined
  /** Client order ids of its attempts. */
  readonly orders: Set<string>
}

export interface ExitTracesDeps {
  /** Release of watchkeeper. */
  readonly version: string
  /** Monotonic epoch ms. */
  now(): number
}

/** The subject of a call to the broker. */
export interface TracedCall {
  readonly operation: string
  readonly clientOrderId: string
  readonly positionId?: PositionId
}

/**
 * Makes a trace of each exit: tick → decision → intent → broker → fill. It starts at the decision,
 * so that a tick costs nothing. Its provider is the one registered with `@opentelemetry/api` before
 * the start; without one nothing is recorded.
 */
export class ExitTraces implements ExitFollower {
  private readonly parts: ExitTracesDeps
  private readonly traced = new Map<PositionId, Traced>()
  private readonly byOrder = new Map<string, PositionId>()

  constructor(parts: ExitTracesDeps) {
    this.parts = parts
  }

  /** Exits in progress that have a trace. */
  get size(): number {
    return this.traced.size
  }

  decided(exit: FollowedExit, ageMs: number): void {
    const { positionId, generation } = exit
    const known = this.traced.get(positionId)
    if (known?.generation === generation) return
    if (known !== undefined) this.end(positionId, known)
    const now = this.parts.now()
    const startTime = now - ageMs
    const root = this.tracer.startSpan('exit', {
      root: true,
      startTime,
      attributes: attributesOf(exit),
    })
    if (!root.isRecording()) return
    const { tick } = exit.decision
    if (tick !== null) {
      root.addEvent('tick', { 'tick.seq': tick.seq, 'tick.price': tick.price }, startTime)
    }
    this.child(root, 'decide', startTime).end(now)
    const intent = this.child(root, 'intend', now)
    const orders = new Set<string>()
    this.traced.set(positionId, { generation, root, intent, orders, fill: undefined })
    this.follow(exit)
  }

  intended({ positionId }: FollowedExit): void {
    const found = this.traced.get(positionId)
    found?.intent?.end(this.parts.now())
    if (found !== undefined) found.intent = undefined
  }

  acknowledged(exit: FollowedExit): void {
    const found = this.traced.get(exit.positionId)
    if (found === undefined) return
    this.follow(exit)
    found.fill ??= this.child(found.root, 'fill', this.parts.now())
  }

  ended(id: PositionId, { outcome, fill }: ExitEnd): void {
    const found = this.traced.get(id)
    if (found === undefined) return
    found.root.setAttribute('exit.outcome', outcome)
    if (fill !== undefined) {
      // A fill also acknowledges the order.
      found.fill ??= this.child(found.root, 'fill', this.parts.now())
      found.fill.setAttributes({ 'fill.price': fill.price, 'fill.quantity': fill.quantity })
    }
    this.end(id, found)
  }

  /** Makes a call to the broker a span of its exit's trace, or a trace of its own. */
  async call<Answer>(of: TracedCall, run: () => Promise<Answer>): Promise<Answer> {
    const opened = this.open(of)
    if (opened === undefined) return run()
    const { span, ctx } = opened
    try {
      // What the adapter does below, such as a request, may be traced by others.
      return await context.with(ctx, run)
    } catch (error) {
      quietly(() => {
        span.recordException(error as Error)
        span.setStatus({ code: SpanStatusCode.ERROR })
      })
      throw error
    } finally {
      quietly(() => span.end(this.parts.now()))
    }
  }

  /** The span of a call; undefined where no tracer records it. */
  private open(of: TracedCall): { readonly span: Span; readonly ctx: Context } | undefined {
    return quietly(() => {
      const { operation, clientOrderId } = of
      const id = of.positionId ?? this.byOrder.get(clientOrderId)
      const found = id === undefined ? undefined : this.traced.get(id)
      if (found !== undefined) this.remember(found, id!, clientOrderId)
      const attributes = { 'order.client_id': clientOrderId }
      const parent =
        found === undefined ? context.active() : trace.setSpan(context.active(), found.root)
      const span = this.tracer.startSpan(
        operation,
        { kind: SpanKind.CLIENT, startTime: this.parts.now(), attributes },
        parent,
      )
      return span.isRecording() ? { span, ctx: trace.setSpan(parent, span) } : undefined
    })
  }

  private get tracer() {
    return trace.getTracer('watchkeeper', this.parts.version)
  }

  private child(root: Span, name: string, startTime: number): Span {
    return this.tracer.startSpan(name, { startTime }, trace.setSpan(context.active(), root))
  }

  /** A later attempt has an order of its own. */
  private follow({ positionId, order }: FollowedExit): void {
    const found = this.traced.get(positionId)
    if (found !== undefined) this.remember(found, positionId, order.clientOrderId)
  }

  private remember({ orders }: Traced, id: PositionId, clientOrderId: string): void {
    orders.add(clientOrderId)
    this.byOrder.set(clientOrderId, id)
  }

  private end(id: PositionId, { root, intent, fill, orders }: Traced): void {
    for (const order of orders) this.byOrder.delete(order)
    this.traced.delete(id)
    const now = this.parts.now()
    for (const span of [intent, fill, root]) span?.end(now)
  }
}

/** A tracer is foreign code: no call to a broker fails by it. */
function quietly<Result>(act: () => Result): Result | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}

const attributesOf = ({ positionId, generation, decision, order }: FollowedExit): Attributes => ({
  'position.id': positionId,
  'position.generation': generation,
  'position.instrument': decision.instrument,
  'position.side': decision.side,
  'exit.reason': decision.reason,
  'exit.matched': [...decision.matched],
  'exit.best': decision.best,
  ...(decision.level !== null && { 'exit.level': decision.level }),
  'order.client_id': order.clientOrderId,
  'order.quantity': order.quantity,
})
