import type { GatewayMessage } from './messages.ts'

/** What was asked, and for which position; undefined for a message about all of them. */
export function subjectOf(message: GatewayMessage): string | undefined {
  switch (message.kind) {
    case 'exit':
      return `intent of ${message.position.id}`
    case 'own':
    case 'resize':
    case 'release':
    case 'restore-exit':
      return `${message.kind} ${message.position.id}`
    case 'recorded':
      return `${message.kind} ${message.record.positionId}`
    case 'ended':
      return `${message.kind} ${message.of.id}`
    case 'net-recorded':
      return `net of ${message.record.positionId}`
    case 'net-ended':
      return `net ${message.of.id}`
    case 'order':
      return `${message.kind} ${message.clientOrderId}`
    case 'pushed':
      return `${message.kind} ${message.update.clientOrderId}`
    case 'holding':
      return `report on ${message.key.instrument}`
    case 'hint':
    case 'holdings':
    case 'listed':
    case 'orders':
    case 'confirm':
    case 'cycle':
    case 'kill-switch':
    case 'discard':
    case 'recover':
      return undefined
  }
}
