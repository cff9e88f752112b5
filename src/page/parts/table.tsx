import type { ComponentChildren } from 'preact'

export interface Column<Item> {
  readonly head: string
  readonly isNumber?: boolean
  /** Its texts may be long: they are cut off on a phone. */
  readonly isLong?: boolean
  readonly cell: (item: Item) => ComponentChildren
}

/** A table that scrolls sideways where it is too wide; on a phone each row is a block, with the heads in it. */
export function Table<Item>(props: {
  readonly label: string
  readonly columns: readonly Column<Item>[]
  readonly items: readonly Item[]
  readonly keyOf: (item: Item) => string | number
  readonly empty?: string
}) {
  const { label, columns, items, keyOf, empty = 'Nothing yet.' } = props
  if (items.length === 0) return <p class="empty">{empty}</p>
  return (
    <div class="table" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ head, isNumber }) => (
              <th key={head} scope="col" class={isNumber === true ? 'number-cell' : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map(item => (
            <tr key={keyOf(item)}>
              {columns.map(({ head, isNumber, isLong, cell }) => (
                <td
                  key={head}
                  data-head={head}
                  class={isNumber === true ? 'number-cell' : isLong === true ? 'long' : undefined}
                >
                  {cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Shows what could not be read; old data stays below it. */
export function Failure({ text }: { readonly text: string | undefined }) {
  return text === undefined ? null : (
    <p class="bad failure" role="alert">
      {text}
    </p>
  )
}

/** Names and values, two columns wide. */
export function Facts({
  facts,
}: {
  readonly facts: readonly (readonly [string, ComponentChildren])[]
}) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
