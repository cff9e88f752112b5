import { instrumentId } from '../../src/domain/ids.ts'
import type { OrderSpec } from '../../src/domain/instrument.ts'
import type { Capabilities } from '../../src/domain/venue.ts'
import { Faults } from '../../src/exits/faults.ts'
import type { ExitRecord } from '../../src/exits/record.ts'
import type { NetView } from '../../src/nets/aim.ts'
import { NetBook } from '../../src/nets/net-book.ts'
import type { NetNotice } from '../../src/nets/notices.ts'
import type { NetAccount } from '../../src/nets/options.ts'
import type { TrackedNet } from '../../src/nets/tracked-net.ts'
import { aPosition } from './builders.ts'
import { FUTURES } from './net-venue.ts'

/** What a test of a net book may change, also while it runs. */
export interface NetBookScene {
  readonly book: NetBook
  readonly notices: NetNotice[]
  now: number
  price: number
  units: number
  /** Generation that is open; undefined: none. */
  generation: number | undefined
  exit: ExitRecord | undefined
  stop: number | undefined
  spec: OrderSpec
  account: Partial<NetAccount>
  readonly view: NetView
  /** Evaluates the rules for the net of the position. */
  cycle(): void
  /** The net of the position. */
  net(): TrackedNet
  /** Makes the next order, saves and sends it: the venue takes it. */
  rest(): TrackedNet
  /** Kinds of the notices so far. */
  kinds(): string[]
}

/** A book of nets in memory for one long of 4 ACME at 100 whose own stop is 90. */
export function aNetBook(capabilities: Capabilities = FUTURES, listsOrders = true): NetBookScene {
  const position = aPosition({ instrument: instrumentId('ACME'), quantity: 4 })
  const notices: NetNotice[] = []
  const isIt = (name: keyof NetAccount, plain: boolean) => (): boolean =>
    (scene.account[name] as (() => boolean) | undefined)?.() ?? plain
  const book = new NetBook({
    settings: { capabilities, listsOrders, storeId: 's', loudAfterMs: 2_000 },
    account: {
      generationOf: () => scene.generation,
      unitsOf: () => scene.units,
      exitOf: () => scene.exit,
      isExitDurable: isIt('isExitDurable', true),
      asksForNone: isIt('asksForNone', false),
      keyOf: ({ instrument }) => ({ instrument }),
      lacks: isIt('lacks', false),
      isAlone: isIt('isAlone', true),
      isWholeSince: isIt('isWholeSince', false),
    },
    faults: new Faults(() => undefined),
    specOf: () => scene.spec,
    priceOf: () => scene.price,
    notify: notice => void notices.push(notice),
  })
  const allowed = () => ({ now: scene.now, maySend: true, mayCancel: true })
  const scene: NetBookScene = {
    book,
    notices,
    now: 0,
    price: 100,
    units: 4,
    generation: 1,
    exit: undefined,
    stop: 90,
    spec: { lot: 1, minQuantity: 1, tickSize: 1 },
    account: {},
    view: {
      position,
      generation: 1,
      net: { beyondPct: 2, minMovePct: 0.5, everyMs: 1_000, limitPct: 5 },
      stop: () => scene.stop,
    },
    cycle: () => book.cycle([scene.view], allowed()),
    net: () => [...book.table.all()][0]!,
    rest() {
      scene.cycle()
      const net = scene.net()
      book.recorded(net.record, scene.now)
      book.takeDue(net, allowed())
      book.ended({ id: net.id, call: 'send' }, { kind: 'sent', id: net.id, at: scene.now })
      const answer = { kind: 'acknowledged' } as const
      book.happened({ kind: 'answered', id: net.id, answer, at: scene.now })
      return net
    },
    kinds: () => notices.map(({ kind }) => kind),
  }
  return scene
}
