import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that a system gives to connections, which could take one at any time. */
const FIRST = 20_000
const SLICES = 100
const PORTS_A_SLICE = 100

/** Test processes that run side by side have neighbouring ids: each has ports of its own. */
const slice = FIRST + (process.pid % SLICES) * PORTS_A_SLICE
let next = 0

/** A port on this machine that nothing listens on. */
export async function closedPort(): Promise<number> {
  for (let tries = 0; tries < PORTS_A_SLICE; tries++) {
    const port = slice + (next++ % PORTS_A_SLICE)
    if (await isFree(port)) return port
  }
  throw new Error(`no port is free from ${slice} on`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const listening = once(server.listen(port, '127.0.0.1'), 'listening')
  try {
    await listening
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
