import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, {
  type Express,
  type NextFunction,
  type Request,
  type Response,
  type Router,
} from 'express'
import { httpSchema, type HttpConfig } from '../config/http-schema.ts'
import { closestName } from '../domain/closest-name.ts'
import { WatchkeeperError } from '../errors.ts'
import type { Control } from '../ports/control.ts'
import { Access } from './access/access.ts'
import { accountPaths, ALL } from './accounts.ts'
import { boundConnections } from './connections.ts'
import { securityHeaders } from './headers.ts'
import { Idempotency } from './idempotency.ts'
import { jsonBody } from './json-body.ts'
import { belowAccounts } from './openapi/account-paths.ts'
import { isKept } from './openapi/errors.ts'
import type { Handler, On, Operation, QueryShape, Route, RouteDeps } from './operation.ts'
import { answerProblem } from './problem.ts'
import { queryOf } from './query.ts'
import { sendReply } from './reply.ts'
import { bodyOf } from './route.ts'
import { ACCOUNT_ROUTES, ALL_ROUTES, ROUTES } from './routes/registry.ts'

/** The section `http` of the configuration, where not its default; `port` 0: any free one. */
export interface HttpOptions extends Partial<HttpConfig> {
  readonly control: Control
  /** In place of single settings: the whole section. */
  readonly config?: HttpConfig
  /** Whether the program of a hook keeps stops of its own; default: not asked. */
  readonly ownStopsOf?: RouteDeps['ownStopsOf']
}

/** A listening server. */
export interface HttpServer {
  readonly port: number
  close(): Promise<void>
}

const DEFAULTS = httpSchema.parse(undefined)

const BODY_LIMIT = '64kb'
const HOOK_LIMIT = '8kb'
/** Interval of checks for connections whose requests do not arrive, ms. */
const CHECK_MS = 5_000
/** How long requests in progress may take when the server closes, ms. */
const GRACE_MS = 1_000

/**
 * Starts the HTTP API.
 *
 * @throws WatchkeeperError TOKEN_REQUIRED, ADDRESS_IN_USE, CANNOT_LISTEN.
 */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { control, config = options, ownStopsOf = () => undefined } = options
  const settings = settingsOf(config)
  const access = new Access(settings)
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('case sensitive routing')
  app.use(securityHeaders())
  app.use((request: Request, response: Response, next: NextFunction) => {
    access.admit(request, response)
    next()
  })
  // Programs send webhooks with types of their own.
  app.use('/hooks', express.text({ limit: HOOK_LIMIT, type: () => true }))
  app.use(express.text({ limit: BODY_LIMIT, type: 'application/json' }))
  app.use(jsonBody)
  const idempotency = new Idempotency(control, access, settings.idempotency)
  const shared = { settings, access, idempotency, ownStopsOf }
  let ofAccount: readonly Operation[] = []
  const [router, operations] = routerOf({
    ...shared,
    control,
    routes: ROUTES,
    operations: () => [...operations, ...belowAccounts(ofAccount)],
  })
  const paths = accountPaths(control, (own, account) => {
    const routes = account === ALL ? ALL_ROUTES : ACCOUNT_ROUTES
    const [found, below] = routerOf({
      ...shared,
      control: own,
      account,
      routes,
      operations: () => below,
    })
    if (account !== ALL) ofAccount = below
    return found
  })
  app.use('/api/accounts', paths)
  app.use(router)
  app.use(answerProblem)
  const server = await listening(app, settings)
  access.start()
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      access.stop()
      return closed(server)
    },
  }
}

async function listening(app: Express, settings: HttpConfig): Promise<Server> {
  const { host, port, maxConnections, requestMs } = settings
  const server = createServer(
    {
      requestTimeout: requestMs,
      headersTimeout: Math.ceil(requestMs / 3),
      connectionsCheckingInterval: Math.min(requestMs, CHECK_MS),
    },
    app,
  )
  boundConnections(server, maxConnections)
  await listen(server, host, port)
  return server
}

const closed = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve())
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), GRACE_MS).unref()
  })

/** Each setting by its name: what is not given is its default. */
const settingsOf = (given: Partial<HttpConfig>): HttpConfig => ({
  host: given.host ?? DEFAULTS.host,
  port: given.port ?? DEFAULTS.port,
  hosts: given.hosts ?? DEFAULTS.hosts,
  token: given.token,
  tokens: given.tokens ?? DEFAULTS.tokens,
  agentExit: given.agentExit ?? DEFAULTS.agentExit,
  hooks: given.hooks ?? DEFAULTS.hooks,
  hookMs: given.hookMs ?? DEFAULTS.hookMs,
  failedTokens: given.failedTokens ?? DEFAULTS.failedTokens,
  idempotency: given.idempotency ?? DEFAULTS.idempotency,
  maxConnections: given.maxConnections ?? DEFAULTS.maxConnections,
  requestMs: given.requestMs ?? DEFAULTS.requestMs,
  events: given.events ?? DEFAULTS.events,
  view: given.view ?? DEFAULTS.view,
})

interface Routing extends RouteDeps {
  readonly control: Control
  readonly routes: readonly Route[]
}

/** Whether a body may have no field: the request would ask for something that the operation does not do. */
const takesNoField = ({ method, body, takesAnyType }: Operation): boolean =>
  method !== 'get' && body === undefined && takesAnyType !== true

/** A router of all routes, with their operations: each is checked by what it says of itself before its handler runs. */
function routerOf({ control, routes, ...deps }: Routing): [Router, readonly Operation[]] {
  const { access, idempotency } = deps
  const router = express.Router({ caseSensitive: true })
  const operations: Operation[] = []
  const on: On = <Query extends QueryShape>(
    operation: Operation<Query>,
    handler: Handler<Query>,
  ) => {
    operations.push(operation)
    const run = async (
      request: Request<Readonly<Record<string, string>>>,
      response: Response,
    ): Promise<void> => {
      if (operation.needs !== 'open') access.assertRole(request, operation.needs)
      const query = queryOf(request, operation)
      const handle = async () => {
        if (takesNoField(operation)) bodyOf(request, [])
        return handler({ request, response, query })
      }
      const reply = isKept(operation) ? await idempotency.answer(request, handle) : await handle()
      if (reply !== undefined) {
        sendReply(request, response, reply, operation.isUntagged === true)
      }
    }
    router[operation.method](operation.path, run)
  }
  for (const add of routes) add(on, control, deps)
  const below = deps.account === undefined ? '/api' : `/api/accounts/${deps.account}`
  const fullPath = (path: string): string => path.replace(/^\/api(?=\/)/, below)
  router.use(({ method, path }: Request, response: Response) => {
    const allowed = methodsAt(router, path)
    const shown = withoutSecret(fullPath(path))
    if (allowed.length === 0) {
      const known = operations.map(each => fullPath(each.path))
      const meant = closestName(fullPath(path), known)
      const hint = meant === undefined ? '/openapi.json lists the paths' : `did you mean ${meant}?`
      throw new WatchkeeperError('NOT_FOUND', `nothing answers at ${shown}: ${hint}`)
    }
    response.setHeader('allow', allowed.join(', '))
    throw new WatchkeeperError(
      'METHOD_NOT_ALLOWED',
      `${shown} takes ${allowed.join(', ')}, not ${method}`,
    )
  })
  return [router, operations]
}

/** A path for a message: that of a hook ends in a secret, which an answer may carry into the log of its sender. */
const withoutSecret = (path: string): string => path.replace(/^(\/hooks\/[^/]*\/).+$/i, '$1…')

/** The part of an express route that its types leave out. */
interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> }
  match(path: string): boolean
}

/** The methods of a path, in alphabetical order; none for an unknown path. */
function methodsAt(router: Router, path: string): string[] {
  const methods = (router.stack as unknown as Layer[])
    .filter(layer => layer.route !== undefined && layer.match(path))
    .flatMap(({ route }) => Object.keys(route!.methods))
    .map(each => each.toUpperCase())
  return [...new Set(methods.flatMap(each => (each === 'GET' ? ['GET', 'HEAD'] : [each])))].sort()
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE'
      const why = isTaken ? 'another program listens there' : error.message
      const code = isTaken ? 'ADDRESS_IN_USE' : 'CANNOT_LISTEN'
      const text = `cannot listen on ${host}:${port}: ${why}`
      reject(new WatchkeeperError(code, text, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
}
