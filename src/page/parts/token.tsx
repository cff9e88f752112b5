import { useRef } from 'preact/hooks'
import { tokenWanted } from '../state.ts'
import { Dialog } from './confirm.tsx'

/**
 * Asks for the token of the service, where it requires one; the page forgets it when it is closed.
 */
export function TokenDialog() {
  const field = useRef<HTMLInputElement>(null)
  const give = tokenWanted.value
  if (give === undefined) return null
  const submit = (event: Event): void => {
    event.preventDefault()
    const token = field.current?.value.trim() ?? ''
    if (token !== '') give(token)
  }
  return (
    <Dialog title="Token" close={() => undefined}>
      <form onSubmit={submit}>
        <p>
          The service wants its token (WATCHKEEPER_HTTP_TOKEN). It is kept in the memory of this
          page alone.
        </p>
        <input
          ref={field}
          type="password"
          autocomplete="off"
          aria-label="Token"
          required
          autofocus
        />
        <div class="buttons">
          <button type="submit" class="primary">
            Use it
          </button>
        </div>
      </form>
    </Dialog>
  )
}
