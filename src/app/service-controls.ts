import type { Control, MetricsFormat } from '../ports/control.ts'
import type { HealthSnapshot, Readiness } from '../ports/control/health.ts'
import { EverythingControl } from '../views/everything-control.ts'
import { mergedHealth } from '../views/merged-health.ts'
import { ProcessControl } from '../views/process-control.ts'
import type { ProcessControlDeps } from '../views/shared-control.ts'
import type { AccountRun } from './account-run.ts'
import type { ServiceParts } from './build.ts'
import type { TrustedOptions } from './options.ts'

interface Deps {
  readonly runs: readonly AccountRun[]
  readonly parts: Pick<ServiceParts, 'plans' | 'own' | 'rows'>
  readonly options: Pick<TrustedOptions, 'config'>
  metrics(format: MetricsFormat): Promise<string>
  readiness(): Readiness
}

/** The controls of a service: of one account, of some, of all. */
export class ServiceControls {
  /** What http and an embedding program may ask. */
  readonly whole: Control
  private readonly deps: Deps

  constructor(deps: Deps) {
    this.deps = deps
    this.whole = this.wholeOf()
  }

  /** These accounts at once, as persons see them; undefined: all. */
  among(names: ReadonlySet<string> | undefined): Control {
    const { whole, deps } = this
    if (deps.runs.length === 1 || names === undefined) return whole.everything ?? whole
    return new EverythingControl(this.controlDeps(names))
  }

  private wholeOf(): Control {
    const { runs, parts } = this.deps
    const [only] = runs
    if (!parts.plans.areNamed) return only!.control
    if (runs.length === 1) {
      only!.control.accounts = new Map([[only!.guarded.name, only!.control]])
      return only!.control
    }
    const deps = this.controlDeps()
    return new ProcessControl(deps, new EverythingControl(deps))
  }

  private controlDeps(names?: ReadonlySet<string>): ProcessControlDeps {
    const { parts, options, metrics, readiness } = this.deps
    const { own, rows } = parts
    const runs = this.deps.runs.filter(({ guarded }) => names?.has(guarded.name) !== false)
    return {
      accounts: new Map(runs.map(({ guarded, control }) => [guarded.name, control])),
      instruments: options.config.instruments,
      store: rows,
      health: () => healthOf(runs),
      freshHealth: async () => {
        // One after the other: what each of them does in one turn does not add up.
        for (const { health } of runs) await health.fresh()
        return mergedHealth(runs.map(({ guarded, health }) => [guarded.name, health.last]))
      },
      healthAgeMs: () => Math.max(...runs.map(({ health }) => health.ageMs)),
      metrics,
      readiness,
      record: (kind, detail) => own.record(kind, detail),
      note: (kind, detail) => own.note(kind, detail),
    }
  }
}

const healthOf = (runs: readonly AccountRun[]): HealthSnapshot =>
  mergedHealth(runs.map(({ guarded, health }) => [guarded.name, health.current()]))
