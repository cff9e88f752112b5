import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import type { Venue } from '../../src/account/options.ts'
import { send } from '../../src/actors/actor.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder, Fill } from '../../src/domain/order.ts'
import type { WatchkeeperError } from '../../src/errors.ts'
import { healthStatus } from '../../src/observability/health.ts'
import type { ExitAnswer, OrderState } from '../../src/ports/broker.ts'
import type { HealthSnapshot } from '../../src/ports/control/health.ts'
import type { Quotes } from '../../src/ports/quotes.ts'
import { supervisionSchema } from '../../src/resilience/supervision-policy.ts'
import { healthFacts } from '../../src/views/health-facts.ts'
import { supervisionOf } from '../../src/views/supervision.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const TRAIL = { trailingStop: { distancePct: 10 } }
const P1 = positionId('p1')

/** A venue that answers when a test says so. */
class SlowVenue {
  readonly orders: ExitOrder[] = []
  readonly fills = new Map<ClientOrderId, Fill>()
  /** Whether orders wait for `answer`. */
  isSlow = false
  private late: (() => void)[] = []

  private readonly fake = new TestVenue()

  readonly deposit = this.fake.deposit

  venue = (quotes: Quotes): Venue => ({
    ...this.fake.venue(quotes),
    placeExit: order => this.place(order),
    orderByClientId: id => Promise.resolve(this.stateOf(id)),
  })

  /** Answers every waiting call with its fill. */
  answer(): void {
    const late = this.late
    this.late = []
    for (const each of late) each()
  }

  private place(order: ExitOrder): Promise<ExitAnswer> {
    this.orders.push(order)
    const { clientOrderId, positionId: id, quantity } = order
    const fill = this.fills.get(clientOrderId) ?? {
      clientOrderId,
      positionId: id,
      quantity,
      price: 1,
    }
    if (!this.fills.has(clientOrderId)) this.fake.trade(order.instrument, -quantity)
    this.fills.set(clientOrderId, fill)
    const answer = { kind: 'acknowledged', order: filled(fill) } as const
    if (!this.isSlow) return Promise.resolve(answer)
    return new Promise(resolve => this.late.push(() => resolve(answer)))
  }

  private stateOf(id: ClientOrderId): OrderState {
    const fill = this.fills.get(id)
    return fill === undefined ? { kind: 'absent' } : filled(fill)
  }
}

const filled = ({ quantity, price }: Fill) =>
  ({ kind: 'filled', executed: { quantity, price } }) as const

describe('supervision of an account', () => {
  let venue: SlowVenue
  let keeper: MemoryRepository
  let timers: FakeTimers
  let fatal: WatchkeeperError[]
  let account: Account

  beforeEach(async () => {
    venue = new SlowVenue()
    keeper = new MemoryRepository()
    timers = new FakeTimers()
    fatal = []
    account = await open({})
  })

  afterEach(() => account.stop())

  const now = (): number => 1_000 + timers.now

  const open = (policy: Record<string, unknown>): Promise<Account> =>
    openAccount({
      keeper,
      timers,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      random: () => 0.5,
      clock: { now, monotonic: timers.monotonic },
      callTimeoutMs: 5_000,
      supervision: supervisionSchema.parse(policy),
      onLine: () => undefined,
      onFatal: error => fatal.push(error),
    })

  async function add(id = P1): Promise<void> {
    await account.add(aPosition({ id }), TRAIL, 'test')
  }

  /** Processes every message, also while a call of the broker stays open. */
  async function turn(): Promise<void> {
    for (let round = 0; round < 10; round++) await new Promise(resolve => setImmediate(resolve))
  }

  async function tick(price: number): Promise<void> {
    timers.pass(1)
    account.tick({ instrument: instrumentId('ACME'), ts: now(), price })
    await turn()
  }

  async function cycle(ms = 500): Promise<void> {
    timers.pass(ms)
    account.cycle()
    await turn()
  }

  /** A message that no actor understands crashes its receiver. */
  async function crash(kind: 'gateway' | 'portfolio' | 'caretaker'): Promise<void> {
    const { status } = account.engine.registry.service(kind)!
    if (status.kind === 'running') send(status.ref, null as never)
    await turn()
  }

  async function crashMonitor(): Promise<void> {
    const { status } = account.engine.registry.get(P1)!
    if (status.kind !== 'running') return
    account.engine.actors.stop(status.ref)
    send(account.engine.supervisor, {
      kind: 'down',
      actor: { kind: 'monitor', positionId: P1 },
      epoch: account.engine.registry.get(P1)!.epoch,
      reason: new Error('crashed'),
    })
    await turn()
  }

  const health = (): HealthSnapshot =>
    healthStatus(
      healthFacts(account, {
        now: now(),
        startedAt: 0,
        exitOverdueMs: 1e9,
        graceMs: 1e9,
      }),
    )
  const checkOf = (name: string): string | undefined => health().checks[name]?.[0]?.status
  const kinds = (): string[] => keeper.lines.map(({ kind }) => kind)
  const viewOf = (id: string) =>
    supervisionOf(account)
      .supervisionTree()
      .find(each => each.id === id)

  it('queries an order whose gateway crashed while sending it, and fills it once', async () => {
    await add()
    await tick(100)
    venue.isSlow = true
    await tick(89)
    expect(venue.orders).to.have.length(1)
    await crash('gateway')
    venue.isSlow = false
    await cycle()
    expect([venue.orders.length, venue.fills.size]).to.deep.equal([1, 1])
    expect(account.state.positions.get(P1)?.state).to.equal('closed')
    expect(kinds().filter(kind => kind === 'exit-filled')).to.have.length(1)
    expect(kinds()).to.include('actor-restarted')
  })

  it('ignores the late result of an ended gateway', async () => {
    await add()
    await tick(100)
    venue.isSlow = true
    await tick(89)
    await crash('gateway')
    venue.answer()
    await turn()
    expect(kinds()).not.to.include('exit-filled')
    await cycle()
    await cycle()
    expect(kinds().filter(kind => kind === 'exit-filled')).to.have.length(1)
  })

  it('sends a manual exit that the gateway lost before it was recorded', async () => {
    await add()
    await tick(100)
    const { gateway } = account.engine
    send(gateway, null as never)
    account.manualExits.exit(P1, 'manual')
    await turn()
    expect(venue.orders).to.have.length(0)
    await cycle()
    await cycle()
    expect([venue.orders.length, account.state.positions.get(P1)?.state]).to.deep.equal([
      1,
      'closed',
    ])
  })

  it('counts a fill once that a crashed portfolio had not counted', async () => {
    await add()
    await tick(100)
    venue.isSlow = true
    await tick(89)
    venue.answer()
    await crash('portfolio')
    await cycle()
    expect(viewOf('portfolio')?.epoch).to.equal(2)
    expect(kinds().filter(kind => kind === 'exit-filled')).to.have.length(1)
    expect(
      (await account.portfolio.standing()).day.realised.map(({ amount }) => amount),
    ).to.have.length(1)
  })

  it('reports when the actor ends that should answer', async () => {
    const { status } = account.engine.registry.service('portfolio')!
    if (status.kind === 'running') send(status.ref, null as never)
    const failed = await account.portfolio.standing().catch((error: unknown) => error)
    expect((failed as WatchkeeperError).code).to.equal('ACTOR_DOWN')
    expect((await account.portfolio.standing()).standings).to.deep.equal([])
  })

  it('ends the service when the gateway crashes too often', async () => {
    await account.stop()
    account = await open({ gateway: { maxRestarts: 1 } })
    await crash('gateway')
    await crash('gateway')
    expect(fatal.map(({ code }) => code)).to.deep.equal(['ACTOR_FAILED'])
  })

  it('never reports a position as guarded whose monitor is down', async () => {
    await add()
    await tick(100)
    expect(health().status).to.equal('pass')
    await crashMonitor()
    expect([checkOf('actors:restarts'), checkOf('positions:unguarded')]).to.deep.equal([
      'warn',
      'pass',
    ])
    await crashMonitor()
    expect(checkOf('positions:unguarded')).to.equal('fail')
    expect(viewOf('monitor-p1')).to.deep.include({
      state: 'backoff',
      epoch: 2,
      restarts: 2,
      restartsInWindow: 2,
      lastError: 'crashed',
      nextRestartAt: now() + 200,
    })
    timers.pass(200)
    await turn()
    expect([checkOf('positions:unguarded'), viewOf('monitor-p1')?.state]).to.deep.equal([
      'pass',
      'running',
    ])
  })

  it('fails while the gateway is down, and passes some time after it is back', async () => {
    await crash('gateway')
    expect([checkOf('actors:down'), checkOf('actors:restarts')]).to.deep.equal(['pass', 'warn'])
    await crash('gateway')
    expect(checkOf('actors:down')).to.equal('fail')
    timers.pass(200)
    await turn()
    expect(checkOf('actors:down')).to.equal('pass')
    timers.pass(60_001)
    expect(health().status).to.equal('pass')
  })

  it('fails while a position is quarantined, until a person restarts it', async () => {
    await account.stop()
    account = await open({ monitor: { maxRestarts: 0 } })
    await add()
    await tick(150)
    await crashMonitor()
    expect([checkOf('positions:quarantined'), checkOf('positions:unguarded')]).to.deep.equal([
      'fail',
      'pass',
    ])
    expect(viewOf('monitor-p1')?.state).to.equal('quarantined')
    const after = await supervisionOf(account).restart('monitor-p1', 'me')
    expect(after).to.deep.include({ epoch: 2, state: 'running' })
    await turn()
    expect(keeper.lines.at(-1)).to.include({ actor: 'monitor-p1', by: 'me' })
    expect(health().status).to.equal('pass')
    await tick(135)
    await cycle()
    expect(account.state.positions.get(P1)?.state).to.equal('closed')
  })

  it('lets the caretaker exit a quarantined position at its last stop', async () => {
    await account.stop()
    account = await open({ monitor: { maxRestarts: 0 } })
    await add()
    await tick(150)
    await crashMonitor()
    await tick(135)
    await cycle()
    expect(keeper.lines.find(({ kind }) => kind === 'exit-intended')?.['level']).to.equal(135)
    expect(account.state.positions.get(P1)?.state).to.equal('closed')
  })

  it('restarts any actor that a person names, and refuses unknown ones', async () => {
    expect(await supervisionOf(account).restart('gateway', 'me')).to.deep.include({ epoch: 2 })
    for (const id of ['supervisor', 'monitor-p9', 'gatway']) {
      const failed = await supervisionOf(account)
        .restart(id, 'me')
        .then(
          () => undefined,
          (error: unknown) => error as WatchkeeperError,
        )
      expect(failed?.code).to.equal('ACTOR_UNKNOWN')
      expect(failed?.message).to.match(
        new RegExp(
          `^found the actor "${id}", expected one of .*gateway.*, monitor-<id of a position>`,
        ),
      )
      if (id === 'gatway') expect(failed?.message).to.match(/: did you mean gateway\?$/)
    }
  })

  it('lists actors in trouble first', async () => {
    await add(positionId('p2'))
    await add()
    await crashMonitor()
    const ids = supervisionOf(account)
      .supervisionTree(1)
      .map(({ id }) => id)
    expect(ids).to.deep.equal([
      'supervisor',
      'gateway',
      'reconciler',
      'caretaker',
      'portfolio',
      'monitor-p1',
    ])
  })

  it('stops at once, also with pending backoffs', async () => {
    await add()
    await crashMonitor()
    await crashMonitor()
    await account.stop()
    timers.pass(60_000)
    await turn()
    expect(fatal).to.deep.equal([])
  })
})
