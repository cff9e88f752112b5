/** Whether a name fits one of several patterns, where `*` stands for any text. */
export function matcher(patterns: readonly string[]): (name: string) => boolean {
  const escaped = patterns.map(each =>
    each
      .split('*')
      .map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  )
  const pattern = new RegExp(`^(?:${escaped.join('|')})$`)
  return name => pattern.test(name)
}
