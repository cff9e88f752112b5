import { useSignal } from '@preact/signals'
import type { RulesPreview } from '../../ports/control/positions.ts'
import { change } from '../api.ts'
import { STOP, TARGET } from '../live/figures.ts'
import type { Row } from '../live/store.ts'
import { Confirm, Dialog } from '../parts/confirm.tsx'
import { store } from '../state.ts'
import { priceText } from '../text.ts'

export interface RuleChangeProps {
  readonly id: string
  readonly row: Row
  readonly rules: Readonly<Record<string, unknown>> | undefined
  readonly close: () => void
}

/**
 * A change of rules in two steps: the options as JSON, then their effect, as the service computes
 * it.
 */
export function RuleChange({ id, row, rules, close }: RuleChangeProps) {
  const text = useSignal(JSON.stringify(rules ?? {}, undefined, 2))
  const failure = useSignal<string | undefined>(undefined)
  const preview = useSignal<{ wanted: unknown; seen: RulesPreview } | undefined>(undefined)
  const path = `/api/positions/${encodeURIComponent(id)}`
  const check = async (): Promise<void> => {
    failure.value = undefined
    try {
      const wanted = withRemovals(parsed(text.value), rules ?? {})
      const seen = await change<RulesPreview>('POST', `${path}/rules/preview`, { rules: wanted })
      preview.value = { wanted, seen }
    } catch (error) {
      failure.value = error instanceof Error ? error.message : String(error)
    }
  }
  if (preview.value !== undefined) {
    const { wanted, seen } = preview.value
    const force = seen.changes.some(({ loosens }) => loosens !== undefined)
    return (
      <Confirm
        title={`Rules of ${id}`}
        act={seen.changes.length === 0 ? 'Nothing changes' : force ? 'Loosen' : 'Apply'}
        isDangerous={force}
        close={close}
        run={() => change('PATCH', path, { rules: wanted, ...(force && { force }) })}
      >
        <Effect seen={seen} row={row} />
      </Confirm>
    )
  }
  return (
    <Dialog title={`Rules of ${id}`} close={close}>
      <p class="quiet">Options by rule; a rule that you leave out goes.</p>
      <textarea
        rows={14}
        spellcheck={false}
        aria-label="Rules as JSON"
        value={text.value}
        onInput={event => (text.value = event.currentTarget.value)}
      />
      {failure.value !== undefined && (
        <p class="bad" role="alert">
          {failure.value}
        </p>
      )}
      <div class="buttons">
        <button type="button" onClick={close}>
          Back
        </button>
        <button type="button" class="primary" onClick={() => void check()}>
          Show the effect
        </button>
      </div>
    </Dialog>
  )
}

/** @throws Error that says where the text is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`The rules are no JSON: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    })
  }
}

/** The service merges rule by rule: a rule that was removed is sent as null. */
function withRemovals(
  given: unknown,
  present: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Error('The rules must be one JSON object.')
  }
  const gone = Object.keys(present).filter(name => !Object.hasOwn(given, name))
  return { ...given, ...Object.fromEntries(gone.map(name => [name, null])) }
}

function Effect({ seen, row }: { readonly seen: RulesPreview; readonly row: Row }) {
  const { tickSize } = store.series[row.series]!
  const move = (from: number | null, to: number | null): string =>
    from === to
      ? `stays at ${priceText(from, tickSize)}`
      : `${priceText(from, tickSize)} → ${priceText(to, tickSize)}`
  return (
    <>
      <p>
        Stop <b>{move(row.levels[STOP], seen.stop)}</b>
        <br />
        Target <b>{move(row.levels[TARGET], seen.target)}</b>
      </p>
      {seen.changes.length === 0 && <p>These are the rules that it has.</p>}
      <ul>
        {seen.changes.map(({ rule, change, loosens }) => (
          <li key={rule}>
            {rule}: {change}
            {loosens !== undefined && <span class="bad"> – loosens: {loosens}</span>}
          </li>
        ))}
      </ul>
      {seen.warnings.map(each => (
        <p key={each} class="warn">
          {each}
        </p>
      ))}
    </>
  )
}
