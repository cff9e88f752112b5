/** Kinds of cases that the readers of a venue are held against. */
type Kind = 'golden' | 'recorded' | 'mutated'

const cases: Readonly<Record<Kind, Set<string>>> = {
  golden: new Set(),
  recorded: new Set(),
  mutated: new Set(),
}

/** The variable that has the counts printed when the tests end. */
const PRINTED = 'VENUE_CASES'

/** Counts a case once, by its name. */
export function countCase(kind: Kind, name: string): void {
  cases[kind].add(name)
}

if (process.env[PRINTED] !== undefined)
  process.once('exit', () => {
    const counts = Object.entries(cases).map(([kind, names]) => `${kind} ${names.size}`)
    process.stdout.write(`cases: ${counts.join(', ')}\n`)
  })
