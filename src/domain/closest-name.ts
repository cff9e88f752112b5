/** Words of other programs, in lower case, and the names that they stand for here. */
const SYNONYMS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    buy: ['long'],
    bought: ['long'],
    sell: ['short'],
    sold: ['short'],
    qty: ['quantity'],
    size: ['quantity'],
    amount: ['quantity'],
    symbol: ['instrument'],
    ticker: ['instrument'],
    price: ['entryPrice'],
    avgprice: ['entryPrice'],
    averageprice: ['entryPrice'],
    direction: ['side'],
    entrytime: ['openedAt'],
    opentime: ['openedAt'],
    dailyloss: ['portfolio.limits', 'portfolio', 'limits'],
    maxdailyloss: ['portfolio.limits', 'portfolio', 'limits', 'maxLoss'],
    sl: ['stopLoss'],
    stop: ['stopLoss'],
    tp: ['takeProfit'],
    target: ['takeProfit'],
    trailing: ['trailingStop'],
  }),
)

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '')

/** What is expected where a word is none of `known`, with a guess at the one that was meant. */
export function expectedWord(
  found: unknown,
  known: readonly string[],
  expected = `one of ${known.join(', ')}`,
): string {
  const meant = typeof found === 'string' ? closestName(found, known) : undefined
  return meant === undefined ? expected : `${expected}: did you mean ${meant}?`
}

/** The expectation for an unknown name: a suggestion, or where there is none `expected`, such as the known names. */
export function expectedName(
  name: string,
  known: readonly string[],
  expected = known.length > 0 ? `one of ${known.join(', ')}` : 'one that is defined: there is none',
): string {
  const meant = closestName(name, known)
  return meant === undefined ? expected : `another name: did you mean ${meant}?`
}

/** The name that a mistyped name, or one of another program, was probably meant to be. */
export function closestName(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name)
  const same = known.find(each => plain(each) === wanted)
  if (same !== undefined) return same
  const synonym = SYNONYMS.get(wanted)?.find(each => known.includes(each))
  if (synonym !== undefined) return synonym
  let nearest: string | undefined
  let most = name.length < 4 ? 1 : 2
  for (const each of known) {
    const text = plain(each)
    if (Math.abs(text.length - wanted.length) > most) continue
    const edits = distance(text, wanted)
    // Of equally near names the first one counts.
    if (edits > most || (edits === most && nearest !== undefined)) continue
    nearest = each
    most = edits
  }
  if (nearest !== undefined) return nearest
  // `warning` for `warn`, `monday` for `mon`; two letters are too little to go by.
  const longer = known.filter(each => isBeginning(plain(each), wanted))
  return longer.length === 1 ? longer[0] : undefined
}

/** Whether one of two texts is how the other one begins. */
const isBeginning = (a: string, b: string): boolean =>
  Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a))

/** Edits (insert, delete, replace) from one text to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced))
    }
    row = next
  }
  return row.at(-1)!
}
