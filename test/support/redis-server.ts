import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisConnection } from '../../src/redis/connection.ts'
import { redisSchema, type RedisConfig } from '../../src/redis/options.ts'
import { closedPort } from './closed-port.ts'

export interface RedisServerOptions {
  /** Stores writes in an append-only file; default: no data outlive the server. */
  readonly appendonly?: boolean
  readonly requirepass?: string
  /** Such as `2mb`; writes beyond it are refused. */
  readonly maxmemory?: string
  /** A server that this one follows, read-only. */
  readonly replicaof?: RedisServer
  /** More settings, as on the server's command line without the dashes. */
  readonly settings?: Readonly<Record<string, string>>
}

/** How long a server may take to start or a client to be connected, ms: machines can be busy. */
const PATIENCE_MS = 30_000

/** A real redis-server on a port and in a folder of its own. */
export class RedisServer {
  readonly port: number
  private readonly options: RedisServerOptions
  private readonly folder = mkdtempSync(join(tmpdir(), 'watchkeeper-redis-'))
  private readonly copy = `${this.folder}-copy`
  private child: ChildProcess | undefined
  private readonly connections: RedisConnection[] = []

  /** Starts one; fails in one line where the machine has none. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await closedPort(), options)
    await server.startAgain()
    return server
  }

  private constructor(port: number, options: RedisServerOptions) {
    this.port = port
    this.options = options
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** The settings of a client of this server. */
  config(but: Partial<RedisConfig> = {}): RedisConfig {
    const { requirepass: password } = this.options
    return redisSchema.parse({ url: this.url, ...(password && { password }), ...but })
  }

  /** A connection to this server, once it is there. */
  async connect(but: Partial<RedisConfig> = {}): Promise<RedisConnection> {
    const config = this.config(but)
    const connection = await RedisConnection.open({ config, monotonic: () => performance.now() })
    this.connections.push(connection)
    await connection.ready(PATIENCE_MS)
    return connection
  }

  /** Starts the server after `stop`, on the same port; what it kept on disk is there again. */
  async startAgain(): Promise<void> {
    const { appendonly = false, requirepass, maxmemory, replicaof, settings = {} } = this.options
    const given: Record<string, string> = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.folder,
      save: '',
      appendonly: appendonly ? 'yes' : 'no',
      'enable-debug-command': 'yes',
      // A replica is served at once, not after 5 s in which others might come too.
      'repl-diskless-sync-delay': '0',
      ...(requirepass !== undefined && { requirepass }),
      ...(maxmemory !== undefined && { maxmemory }),
      ...(replicaof !== undefined && { replicaof: `127.0.0.1 ${replicaof.port}` }),
      ...settings,
    }
    const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, ...words(value)])
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child = child
    await listening(child)
  }

  /** Ends the server at once, as a crash does; resolves when it is gone. */
  async stop(): Promise<void> {
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }

  /** Suspends the process: connections stay, and no command is answered. */
  freeze(): void {
    this.child!.kill('SIGSTOP')
  }

  thaw(): void {
    this.child!.kill('SIGCONT')
  }

  /** Copies its files on disk. */
  save(): void {
    cpSync(this.folder, this.copy, { recursive: true })
  }

  /** Restores the copy; the server must not run. */
  putBack(): void {
    rmSync(this.folder, { recursive: true, force: true })
    cpSync(this.copy, this.folder, { recursive: true })
  }

  /** Deletes every key. */
  async flush(): Promise<void> {
    await this.ask(['flushall'])
  }

  /** Sends the server one command; returns its answer. */
  async ask(command: readonly [string, ...(string | number)[]]): Promise<unknown> {
    const connection = await this.connect({ commandTimeoutMs: PATIENCE_MS })
    try {
      const [name, ...args] = command
      return await connection.client.call(name, ...args)
    } finally {
      connection.close()
    }
  }

  /** Ends the server and deletes its folder. */
  async close(): Promise<void> {
    // A client that a failing test has left would try to reconnect for ever.
    for (const connection of this.connections) connection.close()
    await this.stop()
    for (const path of [this.folder, this.copy]) rmSync(path, { recursive: true, force: true })
  }
}

/** A setting without a value is an empty word, one with several values is several words. */
const words = (value: string): string[] => (value === '' ? [''] : value.split(' '))

/** Resolves once the server accepts connections; throws with its output if it ends before. */
async function listening(child: ChildProcess): Promise<void> {
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const text = 'redis-server is missing: apt-get install redis-server'
      reject(error.code === 'ENOENT' ? new Error(text) : error)
    })
    child.once('close', code => reject(new Error(`redis-server ended with ${code}:\n${said}`)))
    const hear = (text: string): void => {
      said = (said + text).slice(-4_000)
      if (said.includes('Ready to accept connections')) resolve()
    }
    child.stdout!.setEncoding('utf8').on('data', hear)
    child.stderr!.setEncoding('utf8').on('data', hear)
  })
}
