import { TRADE_PARAMETERS } from './routes/exits.ts'

/** The query parameters of each path that has some; all other paths have none. */
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

/** Only probes ignore unknown parameters: refusing a probe would restart the service. */
const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz'])

/** The query parameters of a path; undefined where any are accepted. */
export const parametersOf = (path: string): readonly string[] | undefined =>
  PROBES.has(path) ? undefined : (PARAMETERS.get(path) ?? [])
