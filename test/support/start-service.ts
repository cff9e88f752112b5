import { Writable } from 'node:stream'
import { expect } from 'chai'
import type { ServiceParts } from '../../src/app/build.ts'
import type { ServiceOptions } from '../../src/app/options.ts'
import { Service } from '../../src/app/service.ts'
import { serviceSchema, type ServiceConfig } from '../../src/config/schema.ts'
import type { WatchkeeperError } from '../../src/errors.ts'

interface StartedService {
  readonly service: Service
  readonly config: ServiceConfig
  readonly parts: ServiceParts
  /** Address of its API. */
  readonly url: string
}

/**
 * Starts a service with these settings in the process of the test, on a free port and without a log. What ends it
 * fails the test, unless `onFatal` takes it.
 */
export async function startService(
  settings: object,
  onFatal: (error: WatchkeeperError) => void = error => expect.fail(error.message),
  more: Partial<Pick<ServiceOptions, 'config' | 'ruleSets'>> = {},
): Promise<StartedService> {
  const config = serviceSchema.parse({ http: { port: 0 }, stop: { deadlineMs: 500 }, ...settings })
  const [service, { url }] = await Service.start({
    config,
    entries: [],
    fresh: false,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    version: 'test',
    log: {
      stream: new Writable({ write: (_chunk, _encoding, done) => done() }),
      text: ({ kind }) => kind,
    },
    onFatal,
    ...more,
  })
  const { parts } = service as unknown as { readonly parts: ServiceParts }
  return { service, config, parts, url }
}
