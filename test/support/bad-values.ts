/** Texts that no id and no name may be, through any entrance. */
export const BAD_NAMES: readonly [what: string, name: string][] = [
  ['a line break', 'a\n2026-01-05T12:00:00.000Z exit-filled b'],
  ['a carriage return', 'a\rb'],
  ['a null character', 'a\0b'],
  ['an escape sequence', '\u001b[2Ja'],
  ['an escape sequence of one byte', '\u009b2Ja'],
  ['a delete', 'a\u007f'],
  ['a line separator', 'a\u2028b'],
  ['a mark that turns the direction of text', 'a\u202eb'],
  ['a half of a pair', 'a\ud800'],
  ['another half of a pair', '\udc00a'],
  ['the sign of bytes that are no text', 'a\ufffd'],
  ['201 characters', 'x'.repeat(201)],
]

/** Numbers, as text, that no double holds. */
export const BAD_NUMBERS = ['1e400', '-1e400', '9007199254740993', '1e-400'] as const

/** Values of every kind of JSON: a field of a request takes few of them. */
export const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  '',
  'x',
  'x'.repeat(201),
  'a\nb',
  7,
  1.5,
  0,
  -1,
  1e300,
  [],
  ['x'],
  {},
  { x: 1 },
  { x: null },
]
