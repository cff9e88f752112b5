import type { Trouble } from '../observability/checks.ts'
import { Advisor, type AdvisorDeps } from './advisor.ts'
import type { AdvisorConfig } from './options.ts'

/** All advisors of a service. */
export class Advisors {
  readonly all: readonly Advisor[]

  constructor(configs: readonly AdvisorConfig[], deps: AdvisorDeps) {
    this.all = configs.map(config => new Advisor(config, deps))
  }

  /** Once a monitoring cycle; what one throws concerns no other. */
  cycle(onError: (error: unknown) => void): void {
    for (const each of this.all) {
      try {
        each.cycle()
      } catch (error) {
        onError(error)
      }
    }
  }

  /** Those that do not run, for health. */
  get troubles(): readonly Trouble[] {
    return this.all.flatMap(({ name, state, why }) =>
      state === 'running' || why === undefined ? [] : [{ what: `${name} (${state}): ${why}` }],
    )
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map(each => each.stop()))
  }
}
