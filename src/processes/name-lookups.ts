import dns, { type LookupAddress, type LookupOptions } from 'node:dns'
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net'

type Answer = (
  error: NodeJS.ErrnoException | null,
  address?: string | LookupAddress[],
  family?: number,
) => void

/** Resolves a name as `dns.lookup` does. */
export type Lookup = (name: string, options: LookupOptions, answer: Answer) => void

/** Resolves all addresses of a name. */
export type LookupAll = (
  name: string,
  options: LookupOptions & { all: true },
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** Most simultaneous lookups: each occupies one of libuv's four threads, which also write files. */
const MOST_AT_ONCE = 2
/** Most names whose last addresses are remembered. */
const MOST_NAMES = 1_000
/** Most callers that wait for one name. */
const MOST_WAITING = 1_000
/** A lookup of a name with remembered addresses waits no longer, ms. */
const PATIENCE_MS = 500
/** Default connect time for each address of a name, ms. */
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
 * DNS lookups that a hanging resolver delays as little as possible: at most one lookup for each
 * name, few in total, and the last addresses of a name are used when no answer comes.
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
      // A temporary failure of the resolver says nothing about the name.
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
 * From now on every connection of this process uses these lookups and gives each address a second:
 * Node's default of a quarter is too short for distant servers.
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
