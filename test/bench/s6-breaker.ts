import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel'
import CircuitBreaker from 'opossum'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { acquire, breaker as freshBreaker, isPermit, settle } from '../../src/resilience/breaker.ts'
import { figure, interleaved, perSecond, type Figure } from './report.ts'

const CALLS = 100_000
const ROUNDS = 7

/** The same work for all: an answer that is there already. */
const answer = (): Promise<number> => Promise.resolve(1)

async function ours(): Promise<number> {
  let breaker = freshBreaker(breakerOptions.parse({}))
  for (let call = 0; call < CALLS; call++) {
    const [next, permit] = acquire(breaker, call)
    await answer()
    breaker = isPermit(permit) ? settle(next, permit, 'success', call) : next
  }
  return CALLS
}

async function cockatiel(): Promise<number> {
  const policy = circuitBreaker(handleAll, {
    halfOpenAfter: 10_000,
    breaker: new ConsecutiveBreaker(5),
  })
  for (let call = 0; call < CALLS; call++) await policy.execute(answer)
  return CALLS
}

async function opossum(): Promise<number> {
  const breaker = new CircuitBreaker(answer, { timeout: false })
  for (let call = 0; call < CALLS; call++) await breaker.fire()
  breaker.shutdown()
  return CALLS
}

/** S6: one successful call through a breaker, against two well-known libraries. */
export async function breaker(): Promise<Figure[]> {
  const rates = await interleaved(ROUNDS, {
    ours: () => perSecond(ours),
    cockatiel: () => perSecond(cockatiel),
    opossum: () => perSecond(opossum),
  })
  const ns = (rate: number): number => 1e9 / rate
  return [
    figure(
      'S6 acquire + settle of one call, against cockatiel execute',
      'ns',
      ns(rates.ours),
      ns(rates.cockatiel),
    ),
    figure(
      'S6 acquire + settle of one call, against opossum fire',
      'ns',
      ns(rates.ours),
      ns(rates.opossum),
    ),
  ]
}
