import { createInterface } from 'node:readline'
import { RedisConnection } from '../../src/redis/connection.ts'
import { redisSchema } from '../../src/redis/options.ts'

/**
 * A process that publishes prices as a trading system does, over and over: its arguments are the
 * server's address and `publish` or `xadd`; each line of its input is JSON, the prices from then on.
 */
const [url = '', how] = process.argv.slice(2)
const EVERY_MS = 100

const config = redisSchema.parse({ url })
const connection = await RedisConnection.open({ config, monotonic: () => performance.now() })
let prices: Record<string, number> = {}

createInterface({ input: process.stdin }).on('line', line => {
  prices = JSON.parse(line) as Record<string, number>
})

setInterval(() => {
  for (const [instrument, price] of Object.entries(prices)) {
    const text = `${Date.now()}|${instrument}|${price}`
    const sent = connection.run<unknown>(client =>
      how === 'xadd' ? client.xadd('ticks', '*', 'tick', text) : client.publish('ticks', text),
    )
    // Without a server there is no receiver.
    sent.catch(() => undefined)
  }
}, EVERY_MS)
