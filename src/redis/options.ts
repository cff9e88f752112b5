import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { always } from '../resilience/options.ts'

const ms = z.int().positive().max(600_000)

const DEFAULT_PORT = 6379

/** Settings of a Redis server; sections of the configuration extend them. */
export const redisFields = {
  url: z
    .string()
    .superRefine((text, context) => {
      const fault = faultOfUrl(text)
      if (fault !== undefined) context.addIssue(fault)
    })
    .exactOptional()
    .describe('`redis://host:port/db`, or `rediss:` for TLS; without a password.'),
  host: z.string().min(1).exactOptional().describe('Host name or address, in place of `url`.'),
  port: z.int().min(1).max(65_535).exactOptional().describe('Port of `host`; absent: 6379.'),
  db: z
    .int()
    .min(0)
    .max(65_535)
    .exactOptional()
    .describe('Number of the database of `host`; absent: 0.'),
  tls: z.boolean().exactOptional().describe('TLS to `host`; absent: none.'),
  username: z.string().min(1).exactOptional().describe('User of the server; absent: its default.'),
  password: z
    .string()
    .min(1)
    .exactOptional()
    .describe('Password of the user; safest in the environment.'),
  passwordFile: z
    .string()
    .min(1)
    .exactOptional()
    .describe('Path of a file with the password, read at the start; in place of `password`.'),
  connectTimeoutMs: ms
    .default(2_000)
    .meta({ unit: 'ms', description: 'Longest wait for a connection.' }),
  commandTimeoutMs: ms
    .default(1_000)
    .meta({ unit: 'ms', description: 'Longest wait for the answer to one command.' }),
  pingMs: ms
    .default(1_000)
    .meta({ unit: 'ms', description: 'Time between two pings of the server.' }),
  reconnectMaxMs: ms
    .default(2_000)
    .meta({ unit: 'ms', description: 'Longest wait between two attempts to connect.' }),
}

type Given = { readonly [Field in keyof typeof redisFields]?: unknown }

function checkTogether(given: Given, context: z.RefinementCtx): void {
  const issue = (path: string, message: string): void => {
    context.addIssue({ code: 'custom', path: [path], message })
  }
  if (given.url === undefined && given.host === undefined) {
    issue('url', 'an address such as redis://127.0.0.1:6379, or a host')
  }
  if (given.url !== undefined) {
    for (const field of ['host', 'port', 'db', 'tls'] as const) {
      if (given[field] !== undefined) issue(field, 'nothing beside url, which says it')
    }
  }
  if (given.password !== undefined && given.passwordFile !== undefined) {
    issue('passwordFile', 'nothing beside password')
  }
}

/** Refinement that checks combinations of a server's settings. */
export const redisCheck = [checkTogether, always] as const

/** A section that describes a Redis server and nothing else. */
export const redisSchema = z.strictObject(redisFields).superRefine(...redisCheck)

/** The settings of a Redis server. */
export type RedisConfig = Readonly<z.output<typeof redisSchema>>

/** The address of a server in the client's terms. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly db: number
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
}

function passwordIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const found = `${file}, which cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`
    const expected = 'a file with the password of Redis'
    throw new InputError('the configuration', [{ path: 'redis.passwordFile', found, expected }])
  }
}

/** The server that the settings describe. @throws InputError where the password file cannot be read. */
export function redisAddress(config: RedisConfig): RedisAddress {
  const { url, username, password, passwordFile } = config
  const secret = passwordFile === undefined ? password : passwordIn(passwordFile)
  const parsed = url === undefined ? undefined : new URL(url)
  if (parsed === undefined) {
    const { host = '127.0.0.1', port = DEFAULT_PORT, db = 0, tls = false } = config
    return { host, port, db, tls, username, password: secret }
  }
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? DEFAULT_PORT : Number(parsed.port),
    db: Number(parsed.pathname.slice(1)),
    tls: parsed.protocol === 'rediss:',
    username: redisUser(config),
    password: secret,
  }
}

/** How a client logs in to a server; the rest of its settings is its address. */
export type RedisLogin = Pick<RedisConfig, 'username' | 'password' | 'passwordFile'>

/** The user of a server; undefined: its default one. Reads no file. */
export function redisUser({ url, username }: Pick<RedisConfig, 'url' | 'username'>) {
  const inUrl = url === undefined ? '' : new URL(url).username
  return username ?? (inUrl === '' ? undefined : decodeURIComponent(inUrl))
}

/** The server for messages: never with its password. */
export function redisName({ host, port, db, tls }: RedisAddress): string {
  return `${tls ? 'rediss' : 'redis'}://${host.includes(':') ? `[${host}]` : host}:${port}/${db}`
}

function faultOfUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return 'an address such as redis://127.0.0.1:6379'
  const { protocol, hostname, password, pathname, search, hash } = new URL(text)
  if (protocol !== 'redis:' && protocol !== 'rediss:') return 'an address with redis: or rediss:'
  if (hostname === '') return 'an address with a host'
  if (password !== '') return 'an address without a password, which password or passwordFile gives'
  if (!/^(?:\/\d{0,5})?$/.test(pathname)) return 'an address whose path is the number of a database'
  return search === '' && hash === '' ? undefined : 'an address without ? and #'
}
