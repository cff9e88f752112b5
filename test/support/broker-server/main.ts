import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Script } from './script.ts'
import { serveBroker, type ServeOptions } from './server.ts'

/**
 * Serves a broker from a start-up file (`ServeOptions` as JSON) and prints its ports. A second port
 * accepts scripts, and answers while the broker itself is down. Ends with its parent process.
 */
async function serve(file: string): Promise<void> {
  const server = await serveBroker(JSON.parse(readFileSync(file, 'utf8')) as ServeOptions)
  const control = createServer((request, response) => {
    void (async () => {
      let text = ''
      for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) text += chunk
      if (request.method === 'POST') await server.run(JSON.parse(text) as Script)
      response.end(JSON.stringify(server.seen))
    })().catch((error: unknown) => {
      response.statusCode = 400
      response.end(String(error))
    })
  })
  control.listen(0, '127.0.0.1')
  await once(control, 'listening')
  const { port: controlPort } = control.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ port: server.port, controlPort })}\n`)
}

void serve(process.argv[2]!)
process.stdin.on('end', () => process.exit(0)).resume()
