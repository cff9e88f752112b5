import type { Request, Response } from 'express'
import type { HookConfig } from '../../config/hook-schema.ts'
import { ROLES, type HttpConfig, type Role } from '../../config/http-schema.ts'
import { WatchkeeperError } from '../../errors.ts'
import type { Requester } from '../../ports/control/requester.ts'
import { FailedTokens } from './failed-tokens.ts'
import { Hosts, isLoopback } from './hosts.ts'
import { Tokens, type Holder } from './tokens.ts'

export type AccessSettings = Pick<
  HttpConfig,
  'host' | 'hosts' | 'token' | 'tokens' | 'agentExit' | 'hooks' | 'failedTokens'
>

/** Who asks: the holder of a token; without one, loopback, and what it may do. */
interface Asker extends Holder {
  readonly address: string
  readonly token: string | undefined
}

/** What is open to all. Everything else is closed, however its path is written. */
const OPEN = new Set(['/health', '/livez', '/readyz', '/metrics', '/openapi.json'])

/** The page itself is open: its files contain nothing secret, and it asks for the token. */
const isOpen = (path: string): boolean =>
  OPEN.has(path) || path === '/' || path === '/docs' || path.startsWith('/page/')

const READS = new Set(['GET', 'HEAD'])
const JSON_TYPE = /^application\/json\s*(;|$)/i

/** Who may ask for what. */
export class Access {
  private readonly settings: AccessSettings
  private readonly hosts: Hosts
  private readonly tokens: Tokens
  private readonly hookSecrets: Tokens
  private readonly failed: FailedTokens
  private readonly askers = new WeakMap<Request, Asker>()

  constructor(settings: AccessSettings) {
    this.settings = settings
    this.hosts = new Hosts(settings.host, settings.hosts)
    this.tokens = new Tokens(settings)
    this.hookSecrets = new Tokens({
      token: undefined,
      tokens: settings.hooks.map(({ name, secretFile }) => ({
        name,
        role: 'agent',
        tokenFile: secretFile,
      })),
    })
    this.failed = new FailedTokens(settings.failedTokens)
    const { host, hosts } = settings
    if (!this.hosts.isExposed || !this.tokens.isEmpty) return
    const why = hosts.length > 0 ? `answering as ${hosts.join(', ')}` : `listening on ${host}`
    const text = `${why} needs a token: set WATCHKEEPER_HTTP_TOKEN`
    throw new WatchkeeperError('TOKEN_REQUIRED', text)
  }

  start(): void {
    this.tokens.start()
    this.hookSecrets.start()
  }

  stop(): void {
    this.tokens.stop()
    this.hookSecrets.stop()
  }

  /**
   * Lets a request in, or throws: FOREIGN_HOST, FOREIGN_ORIGIN for what another web page sends, NOT_JSON for a
   * change that a plain form can make, BAD_TOKEN, TOKENS_LIMITED.
   */
  admit(request: Request, response: Response): void {
    const isRead = READS.has(request.method)
    if (this.hosts.isChecked) this.refuseForeign(request)
    // Its secret is in its path: admitHook decides.
    if (request.path.startsWith('/hooks/')) return
    if (!isRead && !JSON_TYPE.test(request.headers['content-type'] ?? '')) {
      throw new WatchkeeperError(
        'NOT_JSON',
        'a change needs the header content-type: application/json',
      )
    }
    const asker = this.askerOf(request)
    const isClosed = !isRead || (this.hosts.isExposed && !isOpen(request.path))
    if (this.tokens.isEmpty || !isClosed) {
      this.askers.set(request, asker ?? this.anonymous(request))
      return
    }
    if (asker === undefined) this.refuse(request, response)
    else this.askers.set(request, asker)
  }

  /**
   * The hook whose secret is in the path of a request. Throws BAD_TOKEN for a wrong one, for one of another kind,
   * and for an address that the hook may not be called from; TOKENS_LIMITED.
   */
  admitHook(request: Request, response: Response, kind: HookConfig['kind']): HookConfig {
    const address = this.addressOf(request)
    const secret = request.params['secret']
    this.assertFewFailures(address, response)
    const name = typeof secret === 'string' ? this.hookSecrets.holderOf(secret)?.name : undefined
    const hook = this.settings.hooks.find(each => each.name === name && each.kind === kind)
    const isFrom =
      hook?.from.length === 0 || hook?.from.includes(address.replace(/^::ffff:/, '')) === true
    if (hook === undefined || !isFrom) {
      this.failed.add(address)
      response.setHeader('www-authenticate', 'Bearer')
      throw new WatchkeeperError('BAD_TOKEN', `expected the secret of a hook of ${kind}`)
    }
    this.askers.set(request, {
      name: `hook ${hook.name}`,
      role: 'agent',
      address,
      token: undefined,
    })
    return hook
  }

  /** Throws ROLE_TOO_LOW where the role of a request does not reach. */
  assertRole(request: Request, needs: Role): void {
    const { role, name } = this.ofRequest(request)
    if (ROLES.indexOf(role) >= ROLES.indexOf(needs)) return
    const text = `${name} has the role ${role}: found an act that needs ${needs}`
    throw new WatchkeeperError('ROLE_TOO_LOW', text)
  }

  /** Throws ROLE_TOO_LOW for what an agent may not do: `what` exits a position or loosens it. */
  assertMay(request: Request, what: 'exit' | 'loosen'): void {
    const { role, name } = this.ofRequest(request)
    if (role === 'operate' || (what === 'exit' && this.settings.agentExit && role === 'agent')) {
      return
    }
    const found = what === 'exit' ? 'an exit; http.agentExit is off' : 'rules by force'
    throw new WatchkeeperError('ROLE_TOO_LOW', `${name} has the role ${role}: found ${found}`)
  }

  /** Whether a request came with a right token. */
  holdsToken(request: Request): boolean {
    return this.ofRequest(request).token !== undefined
  }

  /** Who asks, for the journal: a header that was not checked makes no holder of a token. */
  requesterOf(request: Request): Requester {
    const { name, address } = this.ofRequest(request)
    return { who: name, from: address }
  }

  /** Name and address of who asks, as one text for a line of the journal. */
  textOf(request: Request): string {
    const { who, from } = this.requesterOf(request)
    return `${who} at ${from}`
  }

  /** Names who asks, for answers that are kept. */
  nameOf(request: Request): string {
    return this.ofRequest(request).name
  }

  /** Calls back once when the token of a request is revoked, as long as its answer lasts. */
  onRevoked(request: Request, response: Response, revoked: () => void): void {
    const { token, name } = this.ofRequest(request)
    if (token === undefined) return
    const end = this.tokens.onChange(() => {
      if (this.tokens.holderOf(token)?.name === name) return
      end()
      revoked()
    })
    response.once('close', end)
  }

  private ofRequest(request: Request): Asker {
    return this.askers.get(request) ?? this.anonymous(request)
  }

  /** Without tokens loopback may do everything; with some, a request without one only reads. */
  private anonymous(request: Request): Asker {
    const role = this.tokens.isEmpty ? 'operate' : 'read'
    return { name: 'loopback', role, address: this.addressOf(request), token: undefined }
  }

  private askerOf(request: Request): Asker | undefined {
    const token = tokenOf(request)
    const address = this.addressOf(request)
    if (token === undefined || this.failed.refusedForMs(address) > 0) return undefined
    const holder = this.tokens.holderOf(token)
    return holder && { name: holder.name, role: holder.role, address, token }
  }

  private refuse(request: Request, response: Response): never {
    const address = this.addressOf(request)
    if (tokenOf(request) !== undefined) {
      this.assertFewFailures(address, response)
      this.failed.add(address)
    }
    response.setHeader('www-authenticate', 'Bearer')
    throw new WatchkeeperError('BAD_TOKEN', 'expected the header authorization: Bearer <token>')
  }

  private assertFewFailures(address: string, response: Response): void {
    const waitMs = this.failed.refusedForMs(address)
    if (waitMs === 0) return
    const seconds = Math.ceil(waitMs / 1_000)
    response.setHeader('retry-after', String(seconds))
    const text = `too many wrong tokens from ${address}: ask again in ${seconds} s`
    throw new WatchkeeperError('TOKENS_LIMITED', text)
  }

  /** Where a request comes from; of one that a proxy on this machine passes on, what the proxy says last. */
  private addressOf({ socket, headers }: Request): string {
    const peer = socket.remoteAddress ?? 'unknown'
    if (!this.hosts.hasProxy || !isLoopback(peer.replace(/^::ffff:/, ''))) return peer
    const forwarded = String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)!
      .trim()
    return /^[\da-f.:]{2,45}$/i.test(forwarded) ? forwarded : peer
  }

  private refuseForeign({ headers }: Request): void {
    const host = (headers.host ?? '').replace(/:\d+$/, '')
    const expected = this.hosts.text
    if (!this.hosts.knows(host)) {
      const found = `found host ${host || '(none)'}`
      throw new WatchkeeperError('FOREIGN_HOST', `${found}, expected ${expected}`)
    }
    const { origin } = headers
    if (origin !== undefined && !this.hosts.knowsOrigin(origin)) {
      const text = `found origin ${origin}, expected ${expected}`
      throw new WatchkeeperError('FOREIGN_ORIGIN', text)
    }
  }
}

/** What a request gives as its token. */
const tokenOf = ({ headers }: Request): string | undefined =>
  /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]
