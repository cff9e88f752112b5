/** A damaged answer. */
export interface Mutant {
  readonly how: string
  readonly text: string
}

type Json = unknown

/**
 * A valid answer damaged in every way that matters: nothing, HTML, cut off, each needed field missing,
 * renamed, or of another type. `needed`: the names of the fields that are read.
 */
export function mutantsOf(answer: Json, needed: readonly string[]): Mutant[] {
  const text = JSON.stringify(answer)
  return [
    { how: 'an empty object', text: '{}' },
    { how: 'null', text: 'null' },
    { how: 'nothing', text: '' },
    { how: 'a text', text: '"OK"' },
    { how: 'HTML', text: '<html><body>Just a moment…</body></html>' },
    { how: 'cut off', text: text.slice(0, -1) },
    { how: 'half of it', text: text.slice(0, text.length / 2) },
    { how: 'an object in a list', text: `[[${text}]]` },
    ...needed.flatMap(name => damaged(answer, name)),
  ]
}

function damaged(answer: Json, name: string): Mutant[] {
  const mutate = (how: string, change: (held: Record<string, Json>) => void): Mutant => {
    const copy = structuredClone(answer)
    let isFound = false
    visit(copy, held => {
      if (!(name in held)) return
      isFound = true
      change(held)
    })
    if (!isFound) throw new Error(`the answer has no field ${name}`)
    return { how: `${name} ${how}`, text: JSON.stringify(copy) }
  }
  return [
    mutate('missing', held => delete held[name]),
    mutate('renamed', held => {
      held[`${name}_`] = held[name]
      delete held[name]
    }),
    mutate('null', held => (held[name] = null)),
    mutate('an object', held => (held[name] = {})),
    mutate('another text', held => (held[name] = 'abc')),
    mutate('an empty text', held => (held[name] = '')),
  ]
}

function visit(value: Json, act: (held: Record<string, Json>) => void): void {
  if (typeof value !== 'object' || value === null) return
  for (const inner of Object.values(value)) visit(inner, act)
  if (!Array.isArray(value)) act(value as Record<string, Json>)
}
