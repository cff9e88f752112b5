import { httpBroker, httpBrokerSchema, type HttpBroker } from '../../src/brokers/http.ts'
import type { Capabilities } from '../../src/ports/broker.ts'
import { type BrokerAtVenue, brokerContract } from '../contracts/broker-contract.ts'
import { type RemoteBroker, startBroker } from '../support/broker-server/client.ts'
import { PLAIN, type Settings } from '../support/broker-server/script.ts'

/** A venue for each kind of proof that the ledger may need. */
const VENUES: Readonly<
  Record<string, { proves: Partial<Capabilities>; lagMs?: Settings['lagMs'] }>
> = {
  'that proves everything': { proves: {} },
  'that only de-duplicates, and holds both sides': {
    proves: { lookup: 'none', reduceOnly: false, holdings: 'sides' },
  },
  'that only finds orders, late': {
    proves: { dedupe: 'never', reduceOnly: false, visibilityMs: 300 },
    lagMs: { order: 100, holding: 150, list: 200 },
  },
  'that only knows reduce-only, and tickets': {
    proves: { dedupe: 'never', lookup: 'none', holdings: 'tickets' },
  },
  'that only knows what works': {
    proves: { dedupe: 'open-only', lookup: 'open-only', reduceOnly: false },
  },
}

describe('HttpBroker', () => {
  for (const [name, { proves, lagMs }] of Object.entries(VENUES)) {
    describe(`as every broker, at a venue ${name}`, () => {
      const capabilities = { ...PLAIN.capabilities, ...proves }
      let remote: RemoteBroker
      before(async () => {
        remote = await startBroker({ settings: { capabilities, ...(lagMs && { lagMs }) } })
      })
      after(() => remote.close())

      brokerContract({
        capabilities,
        open: async () => {
          await remote.script({ fresh: true })
          return atVenue(remote, capabilities)
        },
      })
    })
  }
})

let deposits = 0

function atVenue(remote: RemoteBroker, capabilities: Capabilities): BrokerAtVenue {
  const config = httpBrokerSchema.parse({ url: remote.url, token: 'x', capabilities })
  const broker: HttpBroker = httpBroker({ ...config, openOrders: true, token: () => 'test-token' })
  return {
    broker,
    deposit: async (instrument, side, quantity) => {
      const { holdings } = capabilities
      const apart = {
        ...(holdings === 'sides' && { side }),
        ...(holdings === 'tickets' && { ticket: `t${++deposits}` }),
      }
      await remote.handTrade({
        instrument,
        ...apart,
        quantity: side === 'long' ? quantity : -quantity,
      })
      return { instrument, ...apart }
    },
    price: (instrument, price) => remote.price(instrument, price),
    fills: () => Promise.resolve(remote.book().fills),
    close: () => broker.close(),
  }
}
