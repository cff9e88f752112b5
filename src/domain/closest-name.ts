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
  return nearest
}

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
