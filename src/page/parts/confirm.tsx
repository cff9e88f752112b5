import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** A modal dialog that traps the keyboard focus until it is closed. */
export function Dialog(props: {
  readonly title: string
  readonly close: () => void
  readonly children: ComponentChildren
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-label={props.title} onClose={props.close}>
      <h2>{props.title}</h2>
      {props.children}
    </dialog>
  )
}

export interface ConfirmProps {
  readonly title: string
  /** What will happen. */
  readonly children: ComponentChildren
  /** Label of the button that confirms. */
  readonly act: string
  readonly isDangerous?: boolean
  readonly close: () => void
  readonly run: () => Promise<unknown>
}

/** The second of two steps: describes the effect, executes it once, and shows why it failed. */
export function Confirm({ title, children, act, isDangerous = true, close, run }: ConfirmProps) {
  const failure = useSignal<string | undefined>(undefined)
  const isRunning = useSignal(false)
  const go = async (): Promise<void> => {
    if (isRunning.value) return
    isRunning.value = true
    failure.value = undefined
    try {
      await run()
      close()
    } catch (error) {
      failure.value = error instanceof Error ? error.message : String(error)
    } finally {
      isRunning.value = false
    }
  }
  return (
    <Dialog title={title} close={close}>
      <div class="effect">{children}</div>
      {failure.value !== undefined && (
        <p class="bad" role="alert">
          {failure.value}
        </p>
      )}
      <div class="buttons">
        <button type="button" onClick={close}>
          Back
        </button>
        <button
          type="button"
          class={isDangerous ? 'danger' : 'primary'}
          disabled={isRunning.value}
          onClick={() => void go()}
        >
          {isRunning.value ? 'Asking …' : act}
        </button>
      </div>
    </Dialog>
  )
}
