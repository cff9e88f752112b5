/** A switch of the kill switch, or the exit of a position, before it is confirmed. */
export type Wish =
  | { readonly kind: 'exit'; readonly id: string }
  | {
      readonly kind: 'switch'
      readonly state: 'flatten' | 'halt' | 'off'
      readonly held?: 'send' | 'discard'
    }

export type Command =
  | { readonly kind: 'help' | 'status' | 'positions' }
  | { readonly kind: 'why'; readonly id: string }
  | { readonly kind: 'wish'; readonly wish: Wish }
  | { readonly kind: 'confirm' | 'cancel'; readonly nonce: string }
  | { readonly kind: 'unknown'; readonly why: string }
  /** For another bot of the group, or no command: no answer. */
  | { readonly kind: 'none' }

const COMMAND = /^\/([a-z]+)(?:@(\w+))?(?:\s+([\s\S]*))?$/i

/** Reads what a person wrote; `botName` is undefined until it is known. */
export function readCommand(text: string, botName: string | undefined): Command {
  const [, name, addressee, rest = ''] = COMMAND.exec(text.trim()) ?? []
  if (name === undefined) return { kind: 'none' }
  if (addressee !== undefined && addressee.toLowerCase() !== botName?.toLowerCase()) {
    return { kind: 'none' }
  }
  return commandOf(name.toLowerCase(), rest.trim())
}

function commandOf(name: string, rest: string): Command {
  switch (name) {
    case 'start':
    case 'help':
      return { kind: 'help' }
    case 'status':
    case 'positions':
      return { kind: name }
    case 'why':
      return rest === '' ? missing('/why', 'the id of a position') : { kind: 'why', id: rest }
    case 'exit':
      return rest === ''
        ? missing('/exit', 'the id of a position')
        : { kind: 'wish', wish: { kind: 'exit', id: rest } }
    case 'flatten':
    case 'halt':
      return { kind: 'wish', wish: { kind: 'switch', state: name } }
    case 'resume':
      return resumeOf(rest.toLowerCase())
    case 'confirm':
    case 'cancel':
      return rest === ''
        ? missing(`/${name}`, 'the code of a question')
        : { kind: name, nonce: rest.toUpperCase() }
    default:
      return { kind: 'unknown', why: `No command is named /${name}. /help has them all.` }
  }
}

function resumeOf(rest: string): Command {
  if (rest === '') return { kind: 'wish', wish: { kind: 'switch', state: 'off' } }
  if (rest !== 'send' && rest !== 'discard') {
    return missing('/resume', 'nothing, send or discard')
  }
  return { kind: 'wish', wish: { kind: 'switch', state: 'off', held: rest } }
}

const missing = (name: string, what: string): Command => ({
  kind: 'unknown',
  why: `${name} needs ${what} behind it.`,
})
