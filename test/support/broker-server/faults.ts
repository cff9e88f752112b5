import { sfc32, type Random } from '../../../src/domain/random.ts'
import type { Fault, Harm, Route } from './script.ts'

/** Properties of a request that faults can be aimed at. */
export interface Target {
  readonly route: Route
  readonly clientOrderId?: string
  readonly instrument?: string
  readonly type?: string
  /** The deadline that an order states, epoch ms by the venue's clock. */
  readonly expiresAt?: number
}

interface Loaded {
  readonly fault: Fault
  spared: number
  hit: number
}

/** The faults that are still to come. Which of several `chance` faults hits is decided by the seed. */
export class Faults {
  private readonly random: Random
  private loaded: Loaded[] = []

  constructor(seed: number) {
    this.random = sfc32(seed)
  }

  add(faults: readonly Fault[]): void {
    this.loaded.push(...faults.map(fault => ({ fault, spared: 0, hit: 0 })))
  }

  clear(): void {
    this.loaded = []
  }

  /** Every fault that hits this request, in the order in which they were added. */
  take(target: Target): Harm[] {
    return this.loaded.filter(each => this.hits(each, target)).map(({ fault }) => fault.harm)
  }

  /** A number ≥ 0 and < 1, by the seed. */
  chance(): number {
    return this.random()
  }

  private hits(each: Loaded, target: Target): boolean {
    const { on, clientOrderId, instrument, type } = each.fault
    const { skip = 0, times = 1, chance = 1 } = each.fault
    if (on !== undefined && on !== target.route) return false
    if (clientOrderId !== undefined && clientOrderId !== target.clientOrderId) return false
    if (instrument !== undefined && instrument !== target.instrument) return false
    if (type !== undefined && type !== target.type) return false
    if (times !== 'always' && each.hit >= times) return false
    if (each.spared < skip) {
      each.spared++
      return false
    }
    if (chance < 1 && this.random() >= chance) return false
    each.hit++
    return true
  }
}
