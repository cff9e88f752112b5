/**
 * Characters that a terminal or a line reader interprets instead of showing them: control
 * characters, line and paragraph separators, marks of text direction, and unpaired surrogates.
 */
const ACTING = '\\p{Cc}\\p{Cs}\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069'
const HAS_ACTING = new RegExp(`[${ACTING}]`, 'u')
const EACH_ACTING = new RegExp(`[${ACTING}]`, 'gu')
const PLAIN_ASCII = /^[\x20-\x7e]*$/

/** Longest id or name, characters. */
export const LONGEST_NAME = 200

/** The expectation on an id or a name, for messages. */
export const NAME_EXPECTED = `a string of 1 to ${LONGEST_NAME} characters without control characters`

/** Whether a text can be an id or a name. U+FFFD replaces bytes that were no text. */
export const isName = (text: string): boolean =>
  text !== '' &&
  text.length <= LONGEST_NAME &&
  (PLAIN_ASCII.test(text) || (!HAS_ACTING.test(text) && !text.includes('\uFFFD')))

/**
 * The same text on one line, with each such character as its code: it can neither start a line of
 * its own nor colour the text around it. In JSON its strings stay the same.
 */
export const onOneLine = (text: string): string =>
  PLAIN_ASCII.test(text)
    ? text
    : text.replace(EACH_ACTING, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** The same for a text that may have several lines. */
export const onItsLines = (text: string): string => text.split('\n').map(onOneLine).join('\n')
