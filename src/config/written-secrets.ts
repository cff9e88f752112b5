import { CHANNEL_SECRETS } from '../observability/notify/registry.ts'
import type { FaultList } from './faults.ts'

/** Settings that sign orders: a configuration file is copied and committed, and must not hold them. */
const KEYS = ['key', 'secret', 'passphrase'] as const

/** Adds a fault for each secret that stands in the file itself. */
export function refuseKeys(list: FaultList, root: unknown): void {
  const { accounts, notify } = Object(root) as { accounts?: unknown; notify?: unknown }
  refuseBrokerKeys(list, root, [])
  for (const [name, account] of Object.entries(Object(accounts) as object)) {
    refuseBrokerKeys(list, account, ['accounts', name])
  }
  const { channels } = Object(notify) as { channels?: unknown }
  for (const [index, channel] of (Array.isArray(channels) ? channels : []).entries()) {
    const given = Object(channel) as Record<string, unknown>
    for (const name of CHANNEL_SECRETS.get(String(given['kind'])) ?? []) {
      if (given[name] === undefined) continue
      const words = name.replace(/[A-Z]/g, letter => `__${letter}`).toUpperCase()
      const variable = `WATCHKEEPER_NOTIFY_CHANNELS_${index}_${words}`
      list.add(
        ['notify', 'channels', index, name],
        'it in a file',
        `${name}File with the path of a file of mode 0600, or ${variable} in the environment`,
      )
    }
  }
}

/** The same for the broker of one account, whose section lies at `at`; `list` holds the file of the section. */
export function refuseBrokerKeys(
  list: FaultList,
  section: unknown,
  at: readonly string[],
  inFile = at,
): void {
  const { broker } = Object(section) as { broker?: unknown }
  for (const name of KEYS) {
    if ((Object(broker) as Record<string, unknown>)[name] === undefined) continue
    const variable = `WATCHKEEPER_${[...at, 'broker', name].join('_').toUpperCase()}`
    const expected = `${variable} in the environment, or broker.keyFile`
    list.add([...inFile, 'broker', name], 'it in a file', expected)
  }
}
