import { expect } from 'chai'
import { needing } from '../../support/needing.ts'
import { RedisServer } from '../../support/redis-server.ts'
import { Machine } from '../../support/redis-store.ts'
import { SwitchedPort } from '../../support/switched-port.ts'
import { until } from '../../support/until.ts'

/** A primary becomes a replica of its former replica, and keeps its connections. */
needing('redis-server').describe('a store whose primary becomes a replica', () => {
  for (const exclusive of ['solo', 'lease'] as const) {
    it(`is written to on the new primary, with ${exclusive}`, async () => {
      const first = await RedisServer.start()
      const second = await RedisServer.start({ replicaof: first })
      const port = await SwitchedPort.open(first)
      const machine = new Machine()
      try {
        const store = await machine.open(first, { exclusive, redis: { url: port.url } })
        const write = (value: number) =>
          store.write({ rows: [{ table: 'positions', key: 'a', value }] })
        await write(1)
        await until(async () => (await second.ask(['dbsize'])) === (await first.ask(['dbsize'])))
        await second.ask(['replicaof', 'no', 'one'])
        await first.ask(['replicaof', '127.0.0.1', String(second.port)])
        port.target = second
        await until(() =>
          write(2).then(
            () => store.status().outage === undefined,
            () => false,
          ),
        )
        await until(async () => (await store.rows('positions')).get('a') === 2)
        expect(store.isOurs).to.equal(true)
        expect(machine.events).to.not.include('FENCED')
      } finally {
        await machine.close()
        port.close()
        await second.close()
        await first.close()
      }
    })
  }
})
