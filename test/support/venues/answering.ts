import type { RequestListener } from 'node:http'
import { expect } from 'chai'
import type { VenueBroker } from '../../../src/brokers/venue/account.ts'
import { instrumentId } from '../../../src/domain/ids.ts'
import type { Side } from '../../../src/domain/position.ts'
import { OddServer } from '../odd-server.ts'
import { countCase } from './cases.ts'
import { GOLDEN_ID, goldenExit } from './golden.ts'
import type { Mutant } from './mutations.ts'

/** A venue that answers each request with one text, except the query for its time. */
export class AnsweringVenue {
  text = ''
  status = 200
  private readonly server: OddServer

  /** `noStops`: the answer to the list of resting stops, where the venue has one apart. */
  constructor({
    isTime,
    time,
    noStops,
  }: {
    isTime(path: string): boolean
    time: unknown
    noStops?: unknown
  }) {
    const answer: RequestListener = ({ url: path = '' }, response) => {
      const isList = noStops !== undefined && /openAlgoOrders|orders-algo-pending/.test(path)
      const plain = isTime(path) ? time : isList ? noStops : undefined
      const status = plain === undefined ? this.status : 200
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(plain === undefined ? this.text : JSON.stringify(plain))
    }
    this.server = new OddServer(answer)
  }

  open(): Promise<string> {
    return this.server.open()
  }

  close(): void {
    this.server.close()
  }
}

export const BTC = instrumentId('BTCUSDT')
const { signal } = new AbortController()

/** How a broker reads an answer; `throws` for an error of the port. */
export const QUESTIONS = {
  placeExit: (broker: VenueBroker, instrument = BTC) =>
    outcomeOf(broker.placeExit(goldenExit({ instrument }), signal)),
  orderByClientId: (broker: VenueBroker, instrument = BTC) =>
    outcomeOf(broker.orderByClientId(GOLDEN_ID, signal, instrument)),
  cancel: (broker: VenueBroker, instrument = BTC) =>
    outcomeOf(broker.cancel(GOLDEN_ID, signal, instrument)),
  holding: (broker: VenueBroker, instrument = BTC, side?: Side) =>
    outcomeOf(broker.holding({ instrument, ...(side !== undefined && { side }) }, signal)),
  holdings: (broker: VenueBroker) => outcomeOfList(broker.holdings(signal)),
  openOrders: (broker: VenueBroker) => outcomeOfList(broker.openOrders(signal)),
} as const

async function outcomeOf(asked: Promise<{ readonly kind: string }>): Promise<string> {
  try {
    return (await asked).kind
  } catch (error) {
    return thrown(error)
  }
}

async function outcomeOfList(asked: Promise<readonly unknown[]>): Promise<string> {
  try {
    return `a list of ${(await asked).length}`
  } catch (error) {
    return thrown(error)
  }
}

function thrown(error: unknown): string {
  const { code } = error as { code?: unknown }
  expect(code, String(error)).to.be.a('string')
  return code === 'OUTCOME_UNKNOWN' ? 'unknown' : String(code)
}

/** Asserts that no damaged answer proves anything. */
export async function provesNothing(
  venue: AnsweringVenue,
  mutants: readonly Mutant[],
  ask: () => Promise<string>,
): Promise<void> {
  for (const { how, text } of mutants) {
    venue.text = text
    countCase('mutated', `${ask.toString()} ${text}`)
    expect(await ask(), how).to.equal('unknown')
  }
}
