import { livenessOf, send, type Ref } from '../actors/actor.ts'
import { WatchkeeperError } from '../errors.ts'

/** Time between two checks whether the actor that was asked still runs, ms. */
const POLL_MS = 50

/**
 * Asks an actor, which answers through a callback in the message.
 *
 * @throws WatchkeeperError ACTOR_DOWN where the actor ends before it answers, or has ended: its next incarnation
 * does not know the question.
 */
export function ask<Message, Answer>(
  ref: Ref<Message>,
  question: (answer: (value: Answer) => void) => Message,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const check = setInterval(() => {
      if (livenessOf(ref).stopped) end()
    }, POLL_MS)
    check.unref()
    const end = (): void => {
      clearInterval(check)
      reject(new WatchkeeperError('ACTOR_DOWN', `the ${ref.name} is being restarted: try again`))
    }
    const isSent = send(
      ref,
      question(value => {
        clearInterval(check)
        resolve(value)
      }),
    )
    if (!isSent) end()
  })
}
