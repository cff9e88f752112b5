/** What separates the name of an account from the venue's name of a part of it. */
const SEPARATOR = '/'

/** An account as a position names it. */
export interface AccountParts {
  /** Name of the account in the configuration. */
  readonly name: string
  /** The venue's name of a part of it; undefined: the whole account. */
  readonly part?: string
}

/**
 * Reads `acme` or `acme/A1`.
 *
 * @example
 * accountParts('acme/A1') // => { name: 'acme', part: 'A1' }
 */
export function accountParts(text: string): AccountParts {
  const at = text.indexOf(SEPARATOR)
  return at === -1 ? { name: text } : { name: text.slice(0, at), part: text.slice(at + 1) }
}

/** The two as one text. */
export const accountText = ({ name, part }: AccountParts): string =>
  part === undefined ? name : `${name}${SEPARATOR}${part}`

/** What belongs to an account, for a person: `acme/p1`; its own name alone where accounts have none. */
export const inAccount = (own: string, account: string | undefined): string =>
  account === undefined ? own : accountText({ name: account, part: own })
