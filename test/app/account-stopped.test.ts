import { join } from 'node:path'
import { expect } from 'chai'
import { send } from '../../src/actors/actor.ts'
import type { GatewayMessage } from '../../src/actors/messages.ts'
import type { ServiceParts } from '../../src/app/build.ts'
import type { Service } from '../../src/app/service.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Control } from '../../src/ports/control.ts'
import { Folder } from '../support/cli.ts'
import { startService } from '../support/start-service.ts'
import { until } from '../support/until.ts'

const BY = { who: 'test', from: 'here' }
const BACKOFF = { initialMs: 1, maxMs: 1, factor: 1, jitter: 0, resetAfterMs: 60_000 }

/** A message that cannot be handled. */
const POISON = {
  get kind(): never {
    throw new Error('poisoned')
  },
} as unknown as GatewayMessage

describe('an account whose gateway is given up', () => {
  let folder: Folder
  let service: Service | undefined
  let fatal: Error[]

  beforeEach(() => {
    folder = new Folder()
    fatal = []
  })

  afterEach(async () => {
    await service?.stop()
    service = undefined
    folder.remove()
  })

  async function start(accounts: readonly string[]): Promise<ServiceParts> {
    const started = await startService(
      {
        dataFolder: join(folder.path, 'data'),
        cycleMs: 50,
        supervision: { gateway: { maxRestarts: 1, withinMs: 60_000, backoff: BACKOFF } },
        accounts: Object.fromEntries(accounts.map(name => [name, { broker: { kind: 'paper' } }])),
      },
      error => fatal.push(error),
    )
    service = started.service
    return started.parts
  }

  const guard = (control: Control, id: string): Promise<unknown> =>
    control.add(
      {
        position: {
          id: positionId(id),
          instrument: instrumentId('BTCUSD'),
          side: 'long',
          quantity: 1,
          entryPrice: 50_000,
          openedAt: undefined,
          multiplier: 1,
          priceSource: 'trade',
        },
        rules: { stopLoss: { pct: 90 } },
        exitNow: true,
        opensLater: false,
        reopen: false,
      },
      BY,
    )

  /** Crashes the gateway of an account until its supervisor gives it up. */
  async function crash({ accounts: [first] }: ServiceParts, isOver: () => boolean): Promise<void> {
    await until(() => {
      if (!isOver()) send(first!.account.engine.gateway, POISON)
      return isOver()
    })
  }

  it('ends the process where it is the only one', async () => {
    const parts = await start(['acme'])
    await crash(parts, () => fatal.length > 0)
    expect(fatal[0]).to.include({ code: 'ACTOR_FAILED' })
  })

  it('guards nothing any more and says so, and the other account goes on', async () => {
    const parts = await start(['acme', 'bolt'])
    const { accounts } = service!.control
    const [acme, bolt] = [accounts!.get('acme')!, accounts!.get('bolt')!]
    await guard(acme, 'a')
    await guard(bolt, 'b')
    await crash(parts, () => parts.accounts[0]!.stopped !== undefined)
    await until(() => acme.position('a')?.state === 'unguarded')
    expect(fatal).to.deep.equal([])
    await until(() => acme.health().status === 'fail')
    expect(acme.health().output.join('\n')).to.match(
      /account:stopped: none of its positions is guarded/,
    )
    expect(service!.control.health().output.join('\n')).to.contain('account:stopped: acme: none')
    expect(acme.readiness()).to.include({ ready: false })
    expect(bolt.readiness()).to.deep.equal({ ready: true })
    expect(bolt.health().checks['account:stopped']).to.equal(undefined)
    await until(() => bolt.position('b')?.state === 'guarded')
    await bolt.exit('b', BY)
    await until(() => bolt.position('b') === undefined)
    const kinds = await acme.journal({ after: 0, limit: 1_000 })
    expect(kinds.map(({ kind }) => kind)).to.include('account-stopped')
    expect(acme.position('a')).to.include({ id: 'a', account: 'acme' })
  })
})
