import { expect } from 'chai'
import type { WatchkeeperError } from '../../../src/errors.ts'
import type { Row, Table } from '../../../src/ports/store.ts'
import { MemoryStore } from '../../../src/stores/memory.ts'
import type { RedisStore } from '../../../src/stores/redis.ts'
import { encodeBatch } from '../../../src/stores/redis/keys.ts'
import { OutageJournal } from '../../../src/stores/redis/outage.ts'
import { codeOf } from '../../support/code-of.ts'
import { needing } from '../../support/needing.ts'
import { RedisServer } from '../../support/redis-server.ts'
import { bury, Machine } from '../../support/redis-store.ts'
import { until } from '../../support/until.ts'

const intent = (key: string, value: unknown = 'intended') => ({
  rows: [{ table: 'exits', key, value } as const],
  lines: [{ at: Date.now(), kind: 'exit-intended', positionId: key }],
})

needing('redis-server').describe('RedisStore without its server', () => {
  let server: RedisServer
  let machine: Machine

  beforeEach(async () => {
    server = await RedisServer.start({ appendonly: true, settings: { appendfsync: 'always' } })
    machine = new Machine()
  })

  afterEach(async () => {
    server.thaw()
    await machine.close()
    await server.close()
  })

  /** The content of the server, read by a client that has nothing to do with the outage. */
  async function onServer(): Promise<{ exits: [string, unknown][]; seqs: number[] }> {
    const [rows, lines] = (await Promise.all([
      server.ask(['hgetall', 'watchkeeper:exits']),
      server.ask(['hkeys', 'watchkeeper:journal']),
    ])) as [Record<string, string>, string[]]
    const pairs = Object.entries(rows).map(([key, text]): [string, unknown] => [
      key,
      JSON.parse(text) as unknown,
    ])
    return { exits: pairs.toSorted(), seqs: lines.map(Number).sort((a, b) => a - b) }
  }

  const isBack = (): boolean => machine.events.includes('store-back')

  describe('and exclusive: solo', () => {
    it('stores intents here while it is unreachable, and merges them on return', async () => {
      const store = await machine.open(server)
      await store.write(intent('a'))
      await server.stop()
      const [line] = await store.write(intent('b'))
      expect(line!.seq).to.equal(2)
      await store.write(intent('b', 'sent'))
      const { isOurs, outage } = store.status()
      expect(isOurs).to.equal(true)
      expect(outage!.rows).to.equal(3)
      await server.startAgain()
      await until(isBack)
      await store.write(intent('c'))
      expect(await onServer()).to.deep.equal({
        exits: [
          ['a', 'intended'],
          ['b', 'sent'],
          ['c', 'intended'],
        ],
        seqs: [1, 2, 3, 4],
      })
      expect(store.status().outage).to.equal(undefined)
    })

    it('lets a write that a frozen server executes late change nothing newer', async () => {
      const store = await machine.open(server)
      server.freeze()
      await store.write(intent('a', 'first'))
      await store.write(intent('a', 'second'))
      server.thaw()
      await until(isBack)
      expect((await onServer()).exits).to.deep.equal([['a', 'second']])
      expect((await onServer()).seqs).to.deep.equal([1, 2])
    })

    it('merges at the next start what a killed process has left', async () => {
      const store = await machine.open(server)
      await store.write(intent('a'))
      await server.stop()
      await store.write(intent('b'))
      // Its process is gone, and the server never received it.
      await store.close()
      await server.startAgain()
      await bury(server)
      const next = await machine.open(server)
      expect([...(await next.rows('exits')).keys()]).to.deep.equal(['a', 'b'])
      const lines = await next.journal({ after: 0, limit: 9 })
      expect(lines.map(({ seq }) => seq)).to.deep.equal([1, 2])
      // Merged writes are not merged again.
      await next.write({ rows: [{ table: 'exits', key: 'b' }] })
      await next.close()
      const last = await machine.open(server)
      expect([...(await last.rows('exits')).keys()]).to.deep.equal(['a'])
    })

    it('stores no more journal lines than allowed, and still every intent', async () => {
      const store = await machine.open(server, { outageLines: 2 })
      await server.stop()
      const note = { lines: [{ at: 1, kind: 'note' }] }
      await store.write(note)
      await store.write(note)
      expect(await codeOf(store.write(note))).to.equal('STORE_FULL')
      await store.write(intent('a'))
      expect(store.status().outage!.rows).to.equal(4)
    })

    const REFUSALS: Record<string, { begin: () => Promise<unknown>; end: () => Promise<unknown> }> =
      {
        'a read-only replica': {
          begin: () => server.ask(['replicaof', '127.0.0.1', 1]),
          end: () => server.ask(['replicaof', 'no', 'one']),
        },
        'a server without memory': {
          begin: () => server.ask(['config', 'set', 'maxmemory', 1]),
          end: () => server.ask(['config', 'set', 'maxmemory', 0]),
        },
        'another type under a key': {
          begin: async () => {
            await server.ask(['rename', 'watchkeeper:exits', 'aside'])
            await server.ask(['set', 'watchkeeper:exits', 'of another owner'])
          },
          end: () => server.ask(['rename', 'aside', 'watchkeeper:exits']),
        },
      }
    for (const [name, { begin, end }] of Object.entries(REFUSALS)) {
      it(`outlives ${name}`, async () => {
        const store = await machine.open(server)
        await store.write(intent('a'))
        await begin()
        await store.write(intent('b'))
        expect(store.status().outage!.rows).to.equal(2)
        await end()
        await until(isBack)
        const { exits, seqs } = await onServer()
        expect(exits.map(([key]) => key)).to.deep.equal(['a', 'b'])
        expect(seqs).to.deep.equal([1, 2])
      })
    }

    it('rewrites everything into a server that came back empty', async () => {
      const store = await machine.open(server)
      store.events.whole = () => ({ rows: [{ table: 'positions', key: 'p', value: { id: 'p' } }] })
      await store.write(intent('a'))
      await store.write(intent('b'))
      await server.flush()
      await until(() => machine.events.includes('store-rewritten'))
      await store.write(intent('c'))
      expect([...(await store.rows('positions')).keys()]).to.deep.equal(['p'])
      expect((await onServer()).seqs).to.deep.equal([3])
      expect(store.status().losses).to.equal(1)
    })

    it('loses nothing when it is killed before the empty server is rewritten', async () => {
      const store = await machine.open(server)
      store.events.whole = () => ({ rows: [{ table: 'positions', key: 'p', value: { id: 'p' } }] })
      await store.write(intent('a'))
      await server.flush()
      // What it would write is durable here, and the server has none of it.
      await server.ask(['config', 'set', 'maxmemory', 1])
      await until(() => (store.status().outage?.rows ?? 0) > 0)
      await store.write(intent('b'))
      await store.close()
      await server.ask(['config', 'set', 'maxmemory', 0])
      const next = await machine.open(server)
      expect([...(await next.rows('positions')).keys()]).to.deep.equal(['p'])
      const lines = await next.journal({ after: 0, limit: 9 })
      expect(lines.map(({ seq }) => seq)).to.deep.equal([2])
    })

    it('refuses at the start a server that has less than this machine has seen there', async () => {
      await (await machine.open(server)).close()
      await server.flush()
      expect(await codeOf(machine.open(server))).to.equal('STORE_LOST')
      await machine.open(server, {}, { acceptsEmpty: true })
    })

    it('adds only unknown exits when another owner was there meanwhile', async () => {
      const store = await machine.open(server)
      const position = (id: string) =>
        ({ table: 'positions', key: id, value: { generation: 2 } }) as const
      await store.write({ rows: [position('a'), position('b')] })
      await server.stop()
      await store.write({
        rows: [
          { table: 'exits', key: 'a', value: { generation: 2, by: 'here' } },
          { table: 'exits', key: 'b', value: { generation: 1, by: 'here' } },
          { table: 'ratchets', key: 'a', value: { best: 1 } },
        ],
      })
      await store.close()
      await server.startAgain()
      const elsewhere = new Machine()
      for (const best of [5, 6]) {
        await bury(server)
        const other = await elsewhere.open(server)
        await other.write({ rows: [{ table: 'ratchets', key: 'a', value: { best } }] })
        await other.close()
      }
      await elsewhere.close()
      const back = await machine.open(server)
      expect([...(await back.rows('exits')).keys()]).to.deep.equal(['a'])
      expect((await back.rows('ratchets')).get('a')).to.deep.equal({ best: 6 })
    })

    it('refuses to merge writes that belong to another store', async () => {
      const store = await machine.open(server)
      await server.stop()
      await store.write(intent('a'))
      await store.close()
      await server.startAgain()
      expect(await codeOf(machine.open(server, { redis: { prefix: 'another' } }))).to.equal(
        'STORE_FOREIGN',
      )
    })
  })

  describe('and exclusive: lease', () => {
    const LEASE = { exclusive: 'lease' } as const

    it('stores nothing here: writes fail, and it stops acting before its lease ends', async () => {
      const store = await machine.open(server, LEASE)
      await store.write(intent('a'))
      await server.stop()
      expect(await codeOf(store.write(intent('b')))).to.equal('STORE_FAILED')
      await until(() => !store.status().isOurs)
      await server.startAgain()
      await until(() => store.status().isOurs)
      await store.write(intent('c'))
      expect(await onServer()).to.deep.equal({
        exits: [
          ['a', 'intended'],
          ['c', 'intended'],
        ],
        seqs: [1, 2],
      })
    })

    it('applies no part of a batch for which the server has no memory', async () => {
      const store = await machine.open(server, LEASE)
      await server.ask(['config', 'set', 'maxmemory', 1])
      expect(await codeOf(store.write(intent('a')))).to.equal('STORE_FULL')
      await server.ask(['config', 'set', 'maxmemory', 0])
      expect(await onServer()).to.deep.equal({ exits: [], seqs: [] })
    })

    it('applies no part of a batch where a key has another type', async () => {
      const store = await machine.open(server, LEASE)
      await server.ask(['set', 'watchkeeper:ratchets', 'of another owner'])
      const batch = intent('a')
      const rows = [...batch.rows, { table: 'ratchets', key: 'a', value: 1 } as const]
      expect(await codeOf(store.write({ ...batch, rows }))).to.equal('STORE_FAILED')
      expect(await onServer()).to.deep.equal({ exits: [], seqs: [] })
    })

    it('is fenced by its successor, and notified of it', async () => {
      const store = await machine.open(server, LEASE)
      const other = new Machine()
      const stop = new AbortController()
      const waiting: string[] = []
      const taking = other.open(server, LEASE, {
        standby: stop.signal,
        onWait: ({ code }) => waiting.push(code),
      })
      await until(() => waiting.includes('STORE_OWNED'))
      // As if it had been suspended: it does not renew, and does not know.
      Object.assign(store, { renewSoon: () => undefined })
      const next = await taking
      expect(store.status().isOurs).to.equal(false)
      expect(await codeOf(store.write(intent('a')))).to.equal('FENCED')
      await next.write(intent('b'))
      expect((await onServer()).exits).to.deep.equal([['b', 'intended']])
      await other.close()
    })

    it('rewrites everything into a server that came back empty', async () => {
      const store = await machine.open(server, LEASE)
      store.events.whole = () => ({ rows: [{ table: 'positions', key: 'p', value: { id: 'p' } }] })
      await store.write(intent('a'))
      await server.flush()
      await store.write(intent('b'))
      expect([...(await store.rows('positions')).keys()]).to.deep.equal(['p'])
      expect((await onServer()).exits).to.deep.equal([['b', 'intended']])
      expect(machine.events).to.deep.equal(['store-lost', 'store-rewritten'])
    })

    it('lets no standby take a store that has lost its content', async () => {
      const owner = await machine.open(server, LEASE)
      const other = new Machine()
      const waiting: string[] = []
      const stop = new AbortController()
      const taking = codeOf(
        other.open(server, LEASE, {
          standby: stop.signal,
          onWait: ({ code }) => waiting.push(code),
        }),
      )
      await until(() => waiting.includes('STORE_OWNED'))
      Object.assign(owner, { renewSoon: () => undefined })
      await server.flush()
      await until(() => waiting.includes('STORE_LOST'))
      stop.abort()
      await taking
      await other.close()
    })
  })

  it('reports a wrong password at once', async () => {
    await server.ask(['config', 'set', 'requirepass', 'secret'])
    const error = await machine.open(server).then(
      () => undefined,
      (reason: unknown) => reason as WatchkeeperError,
    )
    expect(error?.code).to.equal('STORE_UNUSABLE')
    expect(error?.message).to.match(/NOAUTH|password/i)
  })

  it('refuses what a later version has written', async () => {
    await (await machine.open(server)).close()
    await server.ask(['hset', 'watchkeeper:meta', 'schema', 99])
    expect(await codeOf(machine.open(server))).to.equal('STORE_NEWER')
  })

  it('reports how the server could lose what it acknowledged', async () => {
    const risksNow = async (store: RedisStore): Promise<string> => {
      const { risks } = store.status()
      await store.close()
      return risks.join()
    }
    expect(await risksNow(await machine.open(server))).to.equal('')
    await server.ask(['config', 'set', 'appendfsync', 'everysec'])
    expect(await risksNow(await machine.open(server))).to.include('the last second')
    await server.ask(['config', 'set', 'appendonly', 'no', 'maxmemory-policy', 'allkeys-lru'])
    const risks = await risksNow(await machine.open(server))
    expect(risks).to.include('appendonly').and.to.include('allkeys-lru')
  })
})

describe('the generations in the journal of an outage', () => {
  const ABOUT = { instance: 'i', epoch: 1, isWhole: false }
  const row = (table: Table, generation: number, isGone = false): Row => ({
    table,
    key: 'p',
    generation,
    ...(!isGone && { value: table === 'closed' ? [1, generation] : { generation } }),
  })
  const kept = async (journal: OutageJournal): Promise<unknown[]> => {
    const { batch } = (await journal.pending())!
    return batch.rows.map(([key, , , generation]) => [key, generation])
  }

  it('are not overwritten by late writes of an earlier one, also in the next process', async () => {
    const local = new MemoryStore()
    await local.claim('me', 60_000)
    let journal = await OutageJournal.in(local, 10)
    const keep = (...rows: Row[]) => journal.keep([encodeBatch({ rows })], 1, ABOUT)
    await keep(row('positions', 2), row('ratchets', 2))
    const before = await kept(journal)
    const late = [row('closed', 1), row('positions', 1, true), row('ratchets', 1, true)]
    await keep(...late, row('ratchets', 1))
    expect(await kept(journal)).to.deep.equal(before)
    journal = await OutageJournal.in(local, 10)
    await keep(...late, row('exits', 1))
    expect(await kept(journal)).to.deep.equal(before)
    await keep(row('closed', 2), row('positions', 2, true), row('ratchets', 2, true))
    expect(await kept(journal)).to.deep.equal([
      [-4, 2],
      [5, 2],
      [-6, 2],
    ])
  })
})
