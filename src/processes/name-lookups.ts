import dns, { type LookupAddress, type LookupOptions } from 'node:dns'
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net'

type Answer = (
  error: NodeJS.ErrnoException | null,
  address?: string | LookupAddress[],
  family?: number,
) => void

/** Asks for the addresses of a name, as `dns.lookup` does. */
export type Lookup = (name: string, options: LookupOptions, answer: Answer) => void

/** What asks for all addresses of a name. */
export type LookupAll = (
  name: string,
  options: LookupOptions & { all: true },
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** Questions at once: each takes one of the four threads that also write files. */
const MOST_AT_ONCE = 2
/** Names whose last addresses are remembered. */
const MOST_NAMES = 1_000
/** Callers that wait for one name. */
const MOST_WAITING = 1_000
/** A name that was known is not waited for any longer, ms. */
const PATIENCE_MS = 500
/** Time that each address of a name has to be connected to, where nothing else is said, ms. */
const ATTEMPT_MS = 1_000

interface Waiter {
  answer(error: NodeJS.ErrnoException | null, addresses: LookupAddress[]): void
  readonly isGone: () => boolean
}

interface Question {
  readonly name: string
  readonly options: LookupOptions
  waiters: Waiter[]
  isAsked: boolean
}

/**
 * Look-ups that a resolver which hangs holds up no longer than it must: each name is asked for once at
 * a time, few names at all, and the addresses that a name had last are used when no answer comes.
 */
export function nameLookups(lookup: LookupAll): Lookup {
  const known = new Map<string, LookupAddress[]>()
  const questions = new Map<string, Question>()
  let asked = 0

  const ask = (key: string, question: Question): void => {
    question.isAsked = true
    asked++
    lookup(question.name, { ...question.options, all: true }, (error, addresses) => {
      asked--
      questions.delete(key)
      if (error === null) {
        known.delete(key)
        known.set(key, addresses)
        if (known.size > MOST_NAMES) known.delete(known.keys().next().value!)
      }
      for (const { answer } of question.waiters) answer(error, addresses)
      const next = [...questions].find(([, { isAsked }]) => !isAsked)
      if (next !== undefined && asked < MOST_AT_ONCE) ask(...next)
    })
  }

  return (name, options, answer) => {
    const key = JSON.stringify([
      name,
      options.family,
      options.hints,
      options.order,
      options.verbatim,
    ])
    let isOver = false
    const end: Waiter['answer'] = (error, addresses) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      const last = known.get(key)
      // A resolver that fails for now says nothing of the name.
      if (error?.code === 'EAI_AGAIN' && last !== undefined) give(answer, last, options)
      else if (error !== null) answer(error)
      else give(answer, addresses, options)
    }
    const timer = setTimeout(() => {
      const last = known.get(key)
      if (last !== undefined) end(null, last)
    }, PATIENCE_MS).unref()
    const question = questions.get(key) ?? { name, options, waiters: [], isAsked: false }
    question.waiters = question.waiters.filter(({ isGone }) => !isGone())
    if (question.waiters.length >= MOST_WAITING) {
      const text = `too many wait for the addresses of ${name}`
      process.nextTick(end, Object.assign(new Error(text), { code: 'EAI_AGAIN' }), [])
      return
    }
    question.waiters.push({ answer: end, isGone: () => isOver })
    questions.set(key, question)
    if (!question.isAsked && asked < MOST_AT_ONCE) ask(key, question)
  }
}

function give(answer: Answer, addresses: LookupAddress[], { all = false }: LookupOptions): void {
  if (all) answer(null, addresses)
  else answer(null, addresses[0]!.address, addresses[0]!.family)
}

/**
 * From now on every connection of this process finds its addresses like that, and gives each of them a
 * second: Node's quarter of one is too short for servers that are far away.
 */
export function boundLookups(): void {
  const bounded = nameLookups(dns.lookup)
  const lookup = (name: string, options: unknown, answer: unknown): void => {
    if (typeof options === 'function') bounded(name, {}, options as Answer)
    else
      bounded(
        name,
        typeof options === 'number' ? { family: options } : Object(options),
        answer as Answer,
      )
  }
  dns.lookup = lookup as typeof dns.lookup
  setDefaultAutoSelectFamilyAttemptTimeout(ATTEMPT_MS)
}
