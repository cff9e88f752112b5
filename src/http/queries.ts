import { TRADE_PARAMETERS } from './routes/exits.ts'

/** The parameters of each path that takes some; every other path takes none. */
const PARAMETERS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['/health', ['check']],
  ['/api/positions', ['state', ...TRADE_PARAMETERS]],
  ['/api/exits', TRADE_PARAMETERS],
  ['/api/journal', ['after', 'limit', 'last', 'positionId']],
  ['/api/events', ['after']],
  ['/api/supervision', ['limit']],
  ['/api/view', ['after', 'limit']],
  ['/api/view/stream', ['epoch', 'version']],
  ['/api/debug/profile', ['seconds']],
])

/**
 * Probes alone let unknown parameters pass: a probe has nothing to ask, and one that is refused
 * restarts a guard.
 */
const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz'])

/** The parameters that a path takes; undefined where any may come. */
export const parametersOf = (path: string): readonly string[] | undefined =>
  PROBES.has(path) ? undefined : (PARAMETERS.get(path) ?? [])
