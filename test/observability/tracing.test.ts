import { trace } from '@opentelemetry/api'
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { expect } from 'chai'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { tracedBroker } from '../../src/observability/traced-broker.ts'
import { ExitTraces } from '../../src/observability/tracing.ts'
import type { Broker } from '../../src/ports/broker.ts'
import { aPosition } from '../support/builders.ts'
import { aFollowedExit } from '../support/followed-exit.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const P1 = positionId('p1')

describe('ExitTraces', () => {
  let exporter: InMemorySpanExporter
  let now: number
  let traces: ExitTraces

  beforeEach(() => {
    exporter = new InMemorySpanExporter()
    now = 2e12
    traces = new ExitTraces({ version: '1.2.3', now: () => now })
  })

  afterEach(() => trace.disable())

  const register = (but: object = {}): void => {
    const spanProcessors = [new SimpleSpanProcessor(exporter)]
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors, ...but }))
  }

  const place = <Answer>(run: () => Promise<Answer>): Promise<Answer> =>
    traces.call({ operation: 'placeExit', clientOrderId: 'c1', positionId: P1 }, run)

  const idle = (): Promise<void> => Promise.resolve()

  const names = (): string[] => exporter.getFinishedSpans().map(({ name }) => name)

  async function throughAllStages(): Promise<void> {
    const exit = aFollowedExit()
    traces.decided(exit, 3)
    now += 2
    traces.intended(exit)
    await place(() => Promise.resolve((now += 5)))
    traces.acknowledged(exit)
    now += 7
    const fill = { clientOrderId: exit.order.clientOrderId, positionId: P1, quantity: 2, price: 94 }
    traces.ended(P1, { outcome: 'filled', fill })
  }

  it('records nothing and changes nothing without a provider', async () => {
    await throughAllStages()
    expect(traces.size).to.equal(0)
    const failure = await place(() => Promise.reject(new Error('no'))).catch(
      (error: Error) => error.message,
    )
    expect(failure).to.equal('no')
  })

  it('records nothing where the sampler drops the trace', async () => {
    register({ sampler: new AlwaysOffSampler() })
    await throughAllStages()
    expect([traces.size, names()]).to.deep.equal([0, []])
  })

  it('makes one trace from the tick to the fill, with the times in between', async () => {
    register()
    await throughAllStages()
    const spans = exporter.getFinishedSpans()
    expect(names()).to.deep.equal(['decide', 'intend', 'placeExit', 'fill', 'exit'])
    const root = spans.at(-1)!
    expect(spans.slice(0, -1).map(span => span.parentSpanContext?.spanId)).to.deep.equal(
      Array<string>(4).fill(root.spanContext().spanId),
    )
    const tookMs = spans.map(({ duration: [s, ns] }) => Math.round(s * 1_000 + ns / 1e6))
    expect(tookMs).to.deep.equal([3, 2, 5, 7, 17])
    expect(root.attributes).to.deep.include({
      'position.id': 'p1',
      'exit.reason': 'stop-loss',
      'exit.outcome': 'filled',
      'order.client_id': 'c1',
    })
    expect(
      root.events.map(({ name, attributes }) => [name, attributes?.['tick.seq']]),
    ).to.deep.equal([['tick', 7]])
    expect(traces.size).to.equal(0)
  })

  it('names the failed call, and rethrows', async () => {
    register()
    traces.decided(aFollowedExit(), 0)
    const failure = await place(() => Promise.reject(new Error('reset'))).catch(
      (error: Error) => error.message,
    )
    const [, call] = exporter.getFinishedSpans()
    expect([failure, call?.name, call?.status.code]).to.deep.equal(['reset', 'placeExit', 2])
  })

  it('lets no call fail by a tracer that throws, nor by an exporter that does', async () => {
    const broken = () => {
      throw new Error('the tracer')
    }
    trace.setGlobalTracerProvider({ getTracer: broken })
    expect(await place(() => Promise.resolve(5))).to.equal(5)
    trace.disable()
    const onEnd = { onStart: () => undefined, onEnd: broken }
    register({ spanProcessors: [{ ...onEnd, forceFlush: idle, shutdown: idle }] })
    expect(await place(() => Promise.resolve(6))).to.equal(6)
  })

  it('puts queries about its orders into the trace, and those of an earlier process beside it', async () => {
    register()
    traces.decided(aFollowedExit(), 0)
    const askFor = (clientOrderId: string) =>
      traces.call({ operation: 'orderByClientId', clientOrderId }, () => Promise.resolve())
    await askFor('c1')
    await askFor('of-another-process')
    traces.ended(P1, { outcome: 'gone' })
    await askFor('c1')
    const roots = exporter
      .getFinishedSpans()
      .filter(({ name }) => name === 'orderByClientId')
      .map(({ parentSpanContext }) => parentSpanContext === undefined)
    expect(roots).to.deep.equal([false, true, true])
  })

  it('ends the trace of an earlier generation of an id with that generation', () => {
    register()
    traces.decided(aFollowedExit(), 0)
    traces.decided(aFollowedExit({ generation: 2 }), 0)
    expect(names().filter(name => name === 'exit')).to.have.length(1)
    expect(traces.size).to.equal(1)
  })

  it('follows a real exit through an account', async () => {
    register()
    const venue = new TestVenue()
    let [at, mono] = [2e12, 0]
    const account = await openAccount({
      keeper: new MemoryRepository(),
      venue: quotes => {
        const made = venue.venue(quotes)
        return { ...made, ...tracedBrokerOf(made), priced: made.priced }
      },
      beforeGuard: venue.deposit,
      clock: { now: () => at, monotonic: () => mono },
      followers: [traces],
      timers: machineTimers,
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
    })
    await account.add(aPosition({ id: P1, openedAt: at }), { stopLoss: { pct: 5 } }, 'test')
    for (const price of [100, 90]) {
      ;[at, mono] = [at + 1, mono + 1]
      account.tick({ instrument: instrumentId('ACME'), ts: at, price })
      await account.settled()
    }
    account.cycle()
    await account.settled()
    await account.stop()
    expect(names().toSorted()).to.include.members(['decide', 'intend', 'placeExit', 'fill', 'exit'])
    const ids = exporter.getFinishedSpans().map(span => span.spanContext().traceId)
    expect(new Set(ids).size).to.equal(1)
  })

  const tracedBrokerOf = (
    broker: object,
  ): Pick<Broker, 'placeExit' | 'orderByClientId' | 'cancel'> => {
    const { placeExit, orderByClientId, cancel } = tracedBroker(broker as Broker, traces)
    return { placeExit, orderByClientId, cancel }
  }
})
