/** Doubles do not distinguish integers beyond this. */
const MOST_WHOLE = Number.MAX_SAFE_INTEGER
/** Deepest nesting of objects and arrays. */
const MOST_LEVELS = 100
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const BLANK = /\s*/y

/** Whether a number that no double holds exactly is refused, or read as the nearest double. */
type Numbers = 'exact' | 'nearest'

export interface JsonReading {
  /** Default: `exact`. */
  readonly numbers?: Numbers
  /** Transforms values as they are read, as for `JSON.parse`. */
  readonly revive?: ((key: string, value: unknown) => unknown) | undefined
}

export const KEY_EXPECTED = 'each key once'
export const NUMBER_EXPECTED = 'a number that a double can hold'

/** A text that is valid JSON but ambiguous: `JSON.parse` would choose one of its meanings. */
export class UnclearJson extends SyntaxError {
  readonly found: string
  readonly expected: string

  constructor(found: string, expected: string) {
    super(`found ${found}, expected ${expected}`)
    this.found = found
    this.expected = expected
  }
}

/**
 * Parses a JSON text from outside.
 *
 * @throws SyntaxError where `JSON.parse` does, and where that would silently choose a meaning: for
 * a key that an object has twice, and for a number that a double cannot hold (too large, too small,
 * or an integer with more digits). Nesting of more than 100 levels is refused too: some MiB of
 * brackets block the process for seconds.
 */
export function readJson(text: string, { numbers = 'exact', revive }: JsonReading = {}): unknown {
  assertClear(text, numbers)
  return JSON.parse(text, revive)
}

const QUOTE = 0x22
const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const BACKSLASH = 0x5c
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Scans once through a text that need not be JSON. */
function assertClear(text: string, numbers: Numbers): void {
  /** The keys of each open object; an array has none. */
  const open: (Set<string> | undefined)[] = []
  let at = 0
  while (at < text.length) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) {
      const end = endOfString(text, at)
      if (text[skip(BLANK, text, end)] === ':') assertNew(text.slice(at, end), open.at(-1))
      at = end
    } else if (char === MINUS || (char >= ZERO && char <= NINE)) {
      const end = Math.max(at + 1, skip(NUMBER, text, at))
      if (numbers === 'exact') assertHeld(text.slice(at, end))
      at = end
    } else {
      if (char === OPEN_OBJECT) open.push(new Set())
      else if (char === OPEN_ARRAY) open.push(undefined)
      else if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) open.pop()
      if (open.length > MOST_LEVELS)
        throw new UnclearJson('too many levels', `at most ${MOST_LEVELS}`)
      at++
    }
  }
}

/** End of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  for (; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) return at + 1
    if (char === BACKSLASH) at++
  }
  return at
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  pattern.test(text)
  return Math.max(at, pattern.lastIndex)
}

function assertNew(literal: string, keys: Set<string> | undefined): void {
  if (keys === undefined) return
  const key = literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1)
  if (keys.has(key))
    throw new UnclearJson(`the key ${JSON.stringify(key.slice(0, 40))} twice`, KEY_EXPECTED)
  keys.add(key)
}

function assertHeld(literal: string): void {
  if (!isHeld(literal)) throw new UnclearJson(`the number ${literal.slice(0, 40)}`, NUMBER_EXPECTED)
}

/** Whether a double equals a decimal text, except for digits beyond its precision. */
export function isHeld(literal: string): boolean {
  const value = Number(literal)
  const isLost = value === 0 && /[1-9]/.test(literal.split(/[eE]/)[0]!)
  // The shortest text of a double is that double, though its digits may be others.
  const isLarge = Math.abs(value) > MOST_WHOLE && /^-?\d+$/.test(literal)
  const isCut =
    isLarge &&
    Number.isFinite(value) &&
    literal !== String(value) &&
    BigInt(literal) !== BigInt(value)
  return Number.isFinite(value) && !isLost && !isCut
}
