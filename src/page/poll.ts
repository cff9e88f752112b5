import { useSignal, type Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { read } from './api.ts'

export interface Polled<Answer> {
  readonly data: Signal<Answer | undefined>
  readonly failure: Signal<string | undefined>
  /** Reads immediately, such as after a change. */
  again(): void
}

/** Reads a path now and every `everyMs` while the page is visible; never twice at the same time. */
export function usePoll<Answer>(path: string, everyMs: number): Polled<Answer> {
  const data = useSignal<Answer | undefined>(undefined)
  const failure = useSignal<string | undefined>(undefined)
  const turn = useSignal(0)
  useEffect(() => {
    let isOver = false
    let isReading = false
    const refresh = async (): Promise<void> => {
      if (isReading || document.hidden) return
      isReading = true
      try {
        const answer = await read<Answer>(path)
        if (isOver) return
        data.value = answer
        failure.value = undefined
      } catch (error) {
        if (!isOver) failure.value = error instanceof Error ? error.message : String(error)
      } finally {
        isReading = false
      }
    }
    void refresh()
    const timer = setInterval(() => void refresh(), everyMs)
    return () => {
      isOver = true
      clearInterval(timer)
    }
  }, [path, everyMs, turn.value])
  return { data, failure, again: () => void turn.value++ }
}
