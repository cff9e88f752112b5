/** The name that a mistyped one was probably meant to be. */
export function closestName(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '')
  const wanted = plain(name)
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
