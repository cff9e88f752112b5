// A broker of your own: an account in memory whose venue can prove everything. Put calls to your venue in its place.
//   plugins: [./memory-broker.mjs]
//   broker: { kind: plugin, name: memoryBroker, options: { holdings: { ACME: 5 }, prices: { ACME: 90 } } }
// watchkeeper broker test ./memory-broker.mjs

const capabilities = {
  dedupe: 'always', // an order id makes one order, for good
  lookup: 'complete', // every order is found by its id
  reduceOnly: true,
  holdings: 'net',
  visibilityMs: 100,
  clientOrderIdLength: 36,
  styles: ['market'],
  limits: [{ name: 'all', groups: ['orders', 'account', 'quotes'], perSecond: 50 }],
}

/** The venue: holdings, last prices and orders by their id. */
class Venue {
  holdings = new Map()
  prices = new Map()
  orders = new Map()
  fills = []

  price(instrument, price) {
    this.prices.set(instrument, price)
    for (const order of this.orders.values()) this.execute(order)
  }

  place({ clientOrderId, instrument, side, quantity }) {
    const known = this.orders.get(clientOrderId)
    if (known !== undefined) return { kind: 'duplicate' }
    // Closes a long by selling, a short by buying; reduce-only: never through zero.
    const direction = side === 'long' ? -1 : 1
    const held = this.holdings.get(instrument) ?? 0
    if (held * direction >= 0) return { kind: 'rejected', code: 'insufficient-quantity' }
    const order = { clientOrderId, instrument, direction, quantity, state: 'working', price: null }
    this.orders.set(clientOrderId, order)
    this.execute(order)
    return { kind: 'acknowledged' }
  }

  execute(order) {
    const price = this.prices.get(order.instrument)
    if (order.state !== 'working' || price === undefined) return
    const held = this.holdings.get(order.instrument) ?? 0
    const quantity = Math.min(order.quantity, Math.abs(held))
    order.state = 'filled'
    order.price = price
    order.executed = quantity
    this.holdings.set(order.instrument, held + order.direction * quantity)
    this.fills.push({ clientOrderId: order.clientOrderId, quantity })
  }
}

const stateOf = order => {
  if (order === undefined) return { kind: 'absent' }
  const executed = { quantity: order.executed ?? 0, price: order.price }
  return { kind: order.state, executed }
}

function brokerAt(venue, { NotSent }) {
  let isClosed = false
  const check = signal => {
    if (signal.aborted || isClosed) throw new NotSent('given up before it was sent')
  }
  return {
    capabilities,
    async placeExit(order, signal) {
      check(signal)
      return venue.place(order)
    },
    orderByClientId: async id => stateOf(venue.orders.get(id)),
    async cancel(id, signal) {
      check(signal)
      const order = venue.orders.get(id)
      if (order?.state === 'working') order.state = 'ended'
      return stateOf(order)
    },
    async holding({ instrument }) {
      const quantity = venue.holdings.get(instrument) ?? 0
      return quantity === 0
        ? { kind: 'flat', ageMs: 0 }
        : { kind: 'held', instrument, quantity, ageMs: 0 }
    },
    holdings: async () =>
      [...venue.holdings]
        .filter(([, quantity]) => quantity !== 0)
        .map(([instrument, quantity]) => ({ instrument, quantity })),
    quotes: async instruments =>
      instruments
        .filter(each => venue.prices.has(each))
        .map(instrument => ({ instrument, ts: Date.now(), price: venue.prices.get(instrument) })),
    openOrders: async () =>
      [...venue.orders.values()]
        .filter(({ state }) => state === 'working')
        .map(({ clientOrderId, instrument, direction, quantity }) => ({
          clientOrderId,
          instrument,
          remaining: direction * quantity,
        })),
    async close() {
      isClosed = true
    },
  }
}

export default {
  kind: 'broker',
  name: 'memoryBroker',
  capabilities,
  options: z =>
    z.strictObject({
      holdings: z.record(z.string(), z.number()).default({}),
      prices: z.record(z.string(), z.number()).default({}),
    }),
  open({ holdings, prices }, errors) {
    const venue = new Venue()
    for (const [instrument, quantity] of Object.entries(holdings))
      venue.holdings.set(instrument, quantity)
    for (const [instrument, price] of Object.entries(prices)) venue.price(instrument, price)
    return brokerAt(venue, errors)
  },
  // An account for `watchkeeper broker test`, and what happens there behind the broker's back.
  async testVenue(errors) {
    const venue = new Venue()
    return {
      broker: brokerAt(venue, errors),
      async deposit(instrument, side, quantity) {
        venue.holdings.set(instrument, side === 'long' ? quantity : -quantity)
        return { instrument }
      },
      price: async (instrument, price) => venue.price(instrument, price),
      fills: async () => venue.fills,
      close: async () => undefined,
    }
  },
}
