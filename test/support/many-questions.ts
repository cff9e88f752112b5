import { instrumentId } from '../../src/domain/ids.ts'
import { anHttpBroker } from './http-broker.ts'

/** Sends a server so many requests at once, and prints how often it got each answer. */
const [, , url, count] = process.argv
// The hundred handshakes of TLS at once take seconds on a busy machine.
const broker = anHttpBroker(url!, { connectTimeoutMs: 60_000 })
const { signal } = new AbortController()
const answers: Record<string, number> = {}
const asked = Array.from({ length: Number(count) }, async () => {
  const answer = await broker.holding({ instrument: instrumentId('ACME') }, signal).then(
    ({ kind }) => kind as string,
    (error: unknown) => String(error),
  )
  answers[answer] = (answers[answer] ?? 0) + 1
})
await Promise.all(asked)
await broker.close()
process.stdout.write(JSON.stringify(answers))
