import { standBy, type StandbyOptions } from '../app/standby.ts'
import { version } from '../app/version.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { InputError, type Fault } from '../errors.ts'
import type { OwnedStore } from '../ports/store.ts'
import { printStopped } from './run-lines.ts'
import type { RunOutput } from './run-output.ts'

/** Options of the command line that decide whether a process is a standby. */
interface StandbyChoice {
  readonly standby: boolean
  readonly fresh: boolean
  readonly config?: string
}

/**
 * @throws InputError for a standby without a lease: only a lease defines when another process may
 * take over.
 */
export function assertStandby(
  { standby, config: file = 'the configuration', fresh }: StandbyChoice,
  { store }: ServiceConfig,
): void {
  const faults: Fault[] = []
  const isLease = store.kind === 'redis' && store.exclusive === 'lease'
  if (standby && !isLease) {
    const found = store.kind === 'redis' ? 'store.exclusive solo' : `store.kind ${store.kind}`
    const expected = 'store.kind redis with store.exclusive lease'
    faults.push({ path: '--standby', found: `it with ${found}`, expected })
  }
  if (standby && fresh) {
    faults.push({ path: '--standby', found: 'it with --fresh', expected: 'one of them' })
  }
  if (faults.length > 0) throw new InputError(file, faults)
}

/** Waits until this process owns the store; undefined when it was stopped before. */
export async function ownedStore(
  config: ServiceConfig,
  given: Pick<StandbyOptions, 'clock' | 'acceptsEmptyStore' | 'signal'> & {
    readonly output: RunOutput
  },
): Promise<OwnedStore | undefined> {
  const { output, ...options } = given
  let waits = 0
  const store = await standBy({
    ...options,
    config,
    version: version(),
    onWait: ({ message }, url) => {
      const health = waits++ === 0 ? `\nhealth     ${url}/health` : ''
      const text = (): string => `standby: guards nothing, ${message}${health}`
      output.say({ kind: 'service-standby', detail: { why: message, url }, text })
    },
  })
  if (store === undefined) printStopped(output)
  else output.say({ kind: 'service-owner', text: () => 'standby: the store is ours now' })
  return store
}
