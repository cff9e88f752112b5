import { useRef } from 'preact/hooks'
import { tokenWanted } from '../state.ts'
import { Dialog } from './confirm.tsx'

/**
 * Asks for the token of the service, where it requires one; the page forgets it when it is closed.
 */
export function TokenDialog() {
  const field = useRef<HTMLInputElement>(null)
  const wanted = tokenWanted.value
  if (wanted === undefined) return null
  const submit = (event: Event): void => {
    event.preventDefault()
    const token = field.current?.value.trim() ?? ''
    if (token !== '') wanted.give(token)
  }
  return (
    <Dialog title="Token" close={wanted.cancel}>
      <form onSubmit={submit}>
        {wanted.isRefused && (
          <p class="bad" role="alert">
            The service does not take the token that was entered: it is wrong, or was withdrawn.
          </p>
        )}
        <p>
          The service asks for a token: WATCHKEEPER_HTTP_TOKEN, or one of <code>http.tokens</code>.
          It is kept in the memory of this page alone.
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
          <button type="button" onClick={wanted.cancel}>
            Back
          </button>
          <button type="submit" class="primary">
            Use it
          </button>
        </div>
      </form>
    </Dialog>
  )
}
