import type { FaultList } from './faults.ts'

/** Settings that sign orders: a configuration file is copied and committed, and must not hold them. */
const KEYS = ['key', 'secret', 'passphrase'] as const

/** Settings of channels with which others could send in their place, by kind; each may be in a file of its own. */
const CHANNEL_SECRETS: Readonly<Record<string, readonly string[]>> = {
  slack: ['url'],
  discord: ['url'],
  pagerduty: ['routingKey'],
  telegram: ['token'],
  webhook: ['secret'],
  email: ['password'],
}

/** Adds a fault for each secret that stands in the file itself. */
export function refuseKeys(list: FaultList, root: unknown): void {
  const { broker, notify } = Object(root) as { broker?: unknown; notify?: unknown }
  for (const name of KEYS) {
    if ((Object(broker) as Record<string, unknown>)[name] === undefined) continue
    const variable = `WATCHKEEPER_BROKER_${name.toUpperCase()}`
    list.add(['broker', name], 'it in a file', `${variable} in the environment, or broker.keyFile`)
  }
  const { channels } = Object(notify) as { channels?: unknown }
  for (const [index, channel] of (Array.isArray(channels) ? channels : []).entries()) {
    const given = Object(channel) as Record<string, unknown>
    for (const name of CHANNEL_SECRETS[String(given['kind'])] ?? []) {
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
