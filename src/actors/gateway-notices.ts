import type { GenerationKey, PositionId } from '../domain/ids.ts'
import type { AccountBook } from '../exits/account-book.ts'
import type { Notice } from '../exits/notices.ts'
import { send } from './actor.ts'
import type { GatewayDeps } from './gateway-deps.ts'

/** The position that a notice without a decision is about; undefined where it is about none. */
const idOf = (notice: Notice): PositionId | undefined =>
  'positionId' in notice ? notice.positionId : undefined

/** The supervisor knows then that the monitor need not repeat itself. */
export const sendIntended = (
  { supervisor }: Pick<GatewayDeps, 'supervisor'>,
  key: GenerationKey,
): boolean => send(supervisor, { kind: 'intended', ...key })

/**
 * Takes a notice of the book: journals it, and sends the end of an exit to the supervisor. Gives the
 * position that is over.
 */
export function noticed(
  { journal, supervisor }: Pick<GatewayDeps, 'journal' | 'supervisor'>,
  book: Pick<AccountBook, 'holdings'>,
  notice: Notice,
): PositionId | undefined {
  const keyOf = (positionId: PositionId): GenerationKey => {
    return { positionId, generation: book.holdings.current(positionId)?.generation ?? 0 }
  }
  const positionId = 'decision' in notice ? notice.decision.positionId : idOf(notice)
  journal(notice, positionId && book.holdings.current(positionId)?.generation)
  const over = (id: PositionId): PositionId => {
    send(supervisor, { kind: 'closed', ...keyOf(id) })
    return id
  }
  switch (notice.kind) {
    case 'exit-intended':
      sendIntended({ supervisor }, keyOf(notice.decision.positionId))
      return undefined
    case 'exit-filled':
    case 'exit-closed':
      return over(notice.decision.positionId)
    case 'position-gone':
      return over(notice.positionId)
    case 'released-order-over':
    case 'exit-late-fill':
    case 'exit-late-order':
    case 'exit-unknown':
    case 'exit-rejected':
    case 'exit-stuck':
    case 'exit-unproved':
    case 'exit-unverified':
    case 'exit-fault':
    case 'exit-foreign':
    case 'exit-dust':
    case 'exit-below-minimum':
    case 'exit-priceless':
    case 'exit-reserved':
    case 'position-shrunk':
    case 'holding-oversold':
    case 'holding-unknown':
    case 'holding-unowned':
    case 'second-guard':
    case 'isolated-fault':
      return undefined
  }
}
