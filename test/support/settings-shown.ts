/**
 * Where a changed value of a setting has an effect: the test file that changes it and observes the
 * difference.
 */
export interface Shown {
  /** Path of a file that names the setting. */
  readonly test: string
  /**
   * Why the wiring of a running service does not read it by name: it has done its work before
   * (`parsed`, `command`), or waits for something that a short run does not bring about (`later`).
   */
  readonly unread?: 'parsed' | 'command' | 'later'
}

type Rows = readonly (readonly [
  prefix: string,
  test: string,
  names: string,
  unread?: Shown['unread'],
])[]

const REDIS_CLIENT = 'url host port db tls username password passwordFile'
const CAPABILITIES = 'dedupe lookup reduceOnly holdings visibilityMs clientOrderIdLength styles'
const HORIZONS = 'lookupKeeps deadline products'
const RESTING_STOP = 'kinds reserves amend triggers maxDistancePct expires'
const BREAKER = 'openMs exitOpenMs exitMaxOpenMs maxOpenMs jitter halfOpenPermits halfOpenMaxMs'
const RATES = 'failureRatePct slowRatePct slowMs minimumCalls'
const GROUPS = ['orders', 'account', 'quotes']
const INDISPENSABLE = ['gateway', 'reconciler', 'portfolio', 'caretaker']

const breakers: Rows = GROUPS.flatMap((group): Rows => {
  const at = `gateway.breakers.${group}`
  const test = 'resilience/breaker'
  return [
    [`${at}.window{consecutive}`, test, 'kind threshold'],
    [`${at}.window{count}`, test, `kind size ${RATES}`],
    [`${at}.window{time}`, test, `kind windowMs ${RATES}`],
    [at, test, BREAKER],
    [at, 'app/build', 'exitProbeMs factor'],
  ]
})

const BACKOFF = 'initialMs factor maxMs jitter resetAfterMs'
const supervision: Rows = [
  ['supervision.monitor', 'resilience/restarts', 'maxRestarts withinMs onGiveUp'],
  ['supervision.monitor.backoff', 'resilience/backoff', BACKOFF],
  // One handler restarts all actors: it reads `policy[kind]` once such an actor has crashed.
  ...INDISPENSABLE.flatMap((kind): Rows => [
    [`supervision.${kind}`, 'resilience/restarts', 'maxRestarts withinMs onGiveUp', 'later'],
    [`supervision.${kind}.backoff`, 'resilience/backoff', BACKOFF, 'later'],
  ]),
  ['supervision.fleet', 'actors/supervisor', 'restartsPerSecond'],
  ['supervision.giveUpExits', 'resilience/restarts', 'max withinMs'],
  ['supervision', 'app/health', 'ruleErrors'],
  ['supervision', 'processes/watchdog', 'exitOnBlockedMs'],
]

/** What a plugin of each kind is named by; its options are its own. */
const plugins: Rows = [
  ['', 'app/plugins', 'plugins', 'parsed'],
  ['broker{plugin}', 'app/plugins', 'kind name options', 'later'],
  ['broker{plugin}', 'app/build', 'callTimeoutMs', 'later'],
  ['store{plugin}', 'app/plugins', 'kind name options', 'later'],
  ['store{plugin}', 'stores/state-repository', 'closedRows', 'later'],
  ['feed.plugin', 'app/plugins', 'name options', 'later'],
  ['notify.channels[]{plugin}', 'app/plugins', 'kind name options from', 'later'],
  ['notify.channels[]{plugin}', 'observability/notify/registry', 'accounts', 'later'],
]

const venue = (kind: string): Rows => {
  const at = `broker{${kind}}`
  return [
    [at, 'config/service-file', 'kind key secret keyFile'],
    // It chooses the address while the configuration is parsed.
    [at, 'config/service-file', 'environment', 'parsed'],
    [at, 'brokers/venue/key', 'passphrase'],
    [at, `brokers/venue/${kind}/broker`, 'positionMode'],
    [at, `brokers/venue/${kind}/${kind === 'bybit' ? 'requests' : 'broker'}`, 'recvWindowMs'],
    [at, `brokers/venue/${kind}/answers`, 'url'],
    [at, 'app/venue-prices', 'streamUrl'],
    [at, 'app/venue-start', 'acceptWithdrawals'],
    [at, 'app/account-hints', 'streamHeartbeatMs'],
    [at, 'brokers/venue/stream/account', 'orderStream', 'parsed'],
    [at, 'brokers/venue/report', 'report', 'parsed'],
    [at, 'brokers/http/exchange', 'connectTimeoutMs timeoutMs answerBytes'],
    [at, 'app/build', 'callTimeoutMs'],
  ]
}

const broker: Rows = [
  ['broker{paper}', 'app/paper-deposits', 'kind'],
  ['broker{paper}', 'brokers/paper-account', 'delayMs'],
  ['broker{paper}', 'app/build', 'callTimeoutMs'],
  ['broker{http}', 'app/build', 'kind url callTimeoutMs tokenFile'],
  ['broker{http}', 'brokers/http/options', 'plainHttp', 'parsed'],
  ['broker{http}', 'brokers/credentials', 'tokenCommand tokenExpiresAt'],
  ['broker{http}', 'app/config-check', 'token'],
  ['broker{http}', 'brokers/http/exchange', 'connectTimeoutMs timeoutMs answerBytes'],
  ['broker{http}', 'brokers/http', 'openOrders longestRetryAfterMs longestBanMs'],
  ['broker{http}', 'brokers/http/hint-stream', 'stream'],
  ['broker{http}', 'brokers/http/facts', 'instruments account time'],
  ['broker{http}.capabilities', 'brokers/http/options', CAPABILITIES],
  ['broker{http}.capabilities', 'brokers/http/options', HORIZONS, 'later'],
  ['broker{http}.capabilities.restingStop', 'brokers/http/stops', RESTING_STOP, 'later'],
  [
    'broker{http}.capabilities.limits[]',
    'brokers/http/options',
    'name groups perMinute perHour perDay',
  ],
  ['broker{http}.capabilities.limits[]', 'calls/gates', 'perSecond'],
  ...['binance', 'bybit', 'okx'].flatMap(venue),
]

const prices: Rows = [
  ['feed', 'config/feed-schema', 'kind'],
  ['feed', 'feeds/simulated', 'seed intervalMs'],
  ['feed', 'app/orders-of-a-venue', 'pollMs'],
  ['feed', 'app/data-folder', 'acceptSimulated'],
  ['feed', 'account/tick-intake', 'maxJumpPct confirmMs'],
  ['feed', 'app/redis-outage', 'maxTickAgeMs'],
  ['feed', 'app/venue-prices', 'pollAfterMs heartbeatMs'],
  ['feed.venue', 'app/venue-prices', 'kind environment url streamUrl', 'later'],
  ['feed.redis', 'redis/options', REDIS_CLIENT],
  ['feed.redis', 'redis/client-options', 'connectTimeoutMs commandTimeoutMs'],
  ['feed.redis', 'redis/connection', 'pingMs'],
  ['feed.redis', 'redis/client-options', 'reconnectMaxMs', 'later'],
  ['feed.redis', 'feeds/redis', 'push channel stream hash replayMs replayEntries'],
  ['feed.redis', 'feeds/redis', 'pullAfterMs'],
]

const instruments: Rows = [
  [
    'instruments.<name>',
    'config/instrument-schema',
    'multiplier contract negativePrices',
    'parsed',
  ],
  ['instruments.<name>', 'app/orders-of-a-venue', 'lot tickSize', 'parsed'],
  ['instruments.<name>', 'exits/quantity', 'minQuantity maxQuantity contractSize', 'parsed'],
  ['instruments.<name>', 'exits/smallest-order', 'minOrderValue reduceOnlyExempt', 'parsed'],
  ['instruments.<name>', 'risk/portfolio', 'currency', 'parsed'],
  ['instruments.<name>.hours', 'app/trading-hours', 'timezone open close days', 'parsed'],
  ['instruments.<name>.hours', 'config/instrument-schema', 'holidays', 'parsed'],
  ['instruments.<name>.hours.sessions[]', 'config/instrument-schema', 'open close', 'parsed'],
  [
    'instruments.<name>.hours.exceptions.<name>',
    'config/instrument-schema',
    'open close',
    'parsed',
  ],
]

const store: Rows = [
  ['store{lmdb}', 'app/data-folder', 'kind'],
  ['store{lmdb}', 'stores/state-repository', 'closedRows'],
  ['store{redis}', 'stores/state-repository', 'closedRows'],
  ['store{redis}', 'app/failover', 'kind exclusive leaseMs'],
  ['store{redis}', 'stores/redis/outage', 'outageLines'],
  ['store{redis}.redis', 'redis/options', REDIS_CLIENT],
  ['store{redis}.redis', 'stores/redis', 'prefix waitReplicas'],
  ['store{redis}.redis', 'redis/client-options', 'connectTimeoutMs commandTimeoutMs'],
  ['store{redis}.redis', 'redis/connection', 'pingMs'],
  ['store{redis}.redis', 'redis/client-options', 'reconnectMaxMs', 'later'],
]

const CHANNELS = 'observability/notify/notifier'
const NOTIFY = 'observability/notify'
const notify: Rows = [
  ['notify', CHANNELS, 'service settleMs maxSettleMs maxPerHour'],
  ['notify', 'app/messaging', 'approachPct summaryAt'],
  ['notify', `${NOTIFY}/courier`, 'maxPending'],
  ['notify.channels[]{webhook}', CHANNELS, 'kind url headers from accounts'],
  ['notify.channels[]{webhook}', 'app/messages', 'name events'],
  ['notify.channels[]{webhook}', `${NOTIFY}/webhook`, 'secret secretFile'],
  ['notify.channels[]{slack}', CHANNELS, 'kind url from'],
  ['notify.channels[]{slack}', `${NOTIFY}/registry`, 'urlFile name events accounts'],
  ['notify.channels[]{pagerduty}', CHANNELS, 'kind url from routingKey'],
  ['notify.channels[]{pagerduty}', `${NOTIFY}/registry`, 'routingKeyFile name events accounts'],
  ['notify.channels[]{telegram}', CHANNELS, 'kind url from token chatId'],
  ['notify.channels[]{telegram}', `${NOTIFY}/registry`, 'tokenFile name events accounts'],
  ['notify.channels[]{telegram}', 'app/telegram', 'users chats acts'],
  ['notify.channels[]{discord}', `${NOTIFY}/discord`, 'kind url'],
  ['notify.channels[]{discord}', `${NOTIFY}/registry`, 'urlFile name events from accounts'],
  [
    'notify.channels[]{email}',
    `${NOTIFY}/email`,
    'kind host port tls caFile user passwordFile sender to',
  ],
  ['notify.channels[]{email}', `${NOTIFY}/registry`, 'password name events from accounts'],
  ['notify.heartbeat', CHANNELS, 'url everyMs'],
]

/** They are read where a configuration names its accounts, which the short run does not. */
const accounts: Rows = [
  ['feeds', 'config/accounts', '<name>', 'parsed'],
  [
    'accounts.<name>',
    'config/accounts',
    'broker feed mode acceptUnprovable gateway portfolio holdings exits massExit',
    'parsed',
  ],
]

const rows: Rows = [
  ...accounts,
  ...plugins,
  [
    'advisors[]',
    'advisors/advisor',
    'name command positions instruments mayExit everyMs hangMs linesPerSecond env maxRestarts',
    'later',
  ],
  ['advisors[]', 'config/accounts', 'account', 'later'],
  ['advisors[]', 'resilience/restarts', 'withinMs', 'later'],
  ['advisors[].backoff', 'resilience/backoff', BACKOFF, 'later'],
  ['', 'cli/run', 'positions', 'command'],
  ['', 'cli/check', 'strict acceptUnprovable'],
  ['', 'config/service-file', 'dataFolder mode'],
  ['', 'cli/run', 'cycleMs'],
  ['clock', 'account/trusted-clock', 'confirmMs maxStepMs'],
  ['http', 'app/config-check', 'host token hosts'],
  ['http', 'http/access/access', 'agentExit'],
  // Tokens are read once, at the start, from a list.
  ['http.tokens[]', 'http/access/access', 'name role token tokenFile', 'later'],
  [
    'http.hooks[]',
    'http/routes/hooks',
    'name kind secretFile rules account instruments mayExit from',
    'later',
  ],
  ['http', 'http/routes/hooks', 'hookMs', 'later'],
  ['http.hooks[].api', 'app/freqtrade', 'url user passwordFile', 'later'],
  // Read when the first wrong token comes.
  ['http.failedTokens', 'http/access/access', 'max withinMs', 'later'],
  ['http.idempotency', 'http/idempotency', 'keepMs keys', 'later'],
  ['http.events', 'http/routes/events', 'clients drainMs'],
  ['http.view', 'http/view/broadcast', 'frameMs skippedFrames lingerMs clients', 'later'],
  ['http', 'cli/run', 'port'],
  ['http', 'http/connections', 'maxConnections requestMs'],
  ...prices,
  ...instruments,
  ['portfolio', 'config/instrument-schema', 'capital', 'parsed'],
  ['portfolio', 'app/health', 'timezone dayStart', 'parsed'],
  ['portfolio.limits[]', 'risk/portfolio', 'name maxLoss warnAtPct account underlying currency'],
  ['portfolio.limits[]', 'config/instrument-schema', 'maxLossPct', 'parsed'],
  ...supervision,
  ['massExit', 'exits/mass-exit', 'max withinMs confirmMs'],
  ['entries', 'account/admission', 'skewMs'],
  ['journal', 'stores/copy', 'rows'],
  ['journal', 'app/health', 'days'],
  ...broker,
  ...breakers,
  ['gateway.throttle', 'resilience/throttle', 'maxRate startRate'],
  ['gateway', 'calls/call-desk', 'laneBound'],
  ['gateway.limits', 'app/shared-limits-check', 'shared names'],
  ['exits.style{market}', 'exits/order-type', 'kind'],
  ['exits.style{marketable-limit}', 'exits/order-type', 'kind bandPct escalateMs'],
  [
    'exits',
    'account/exit-settings',
    'workingMs retryMs maxRetryMs closedMarketRetryMs loudAfter loudAfterMs',
  ],
  ['exits', 'exits/verification', 'holdingFreshMs'],
  ['exits', 'account/account', 'sendUnverifiedAfterMs'],
  ['holdings', 'actors/gateway', 'reconcileMs'],
  ['holdings', 'app/orders-of-a-venue', 'adopt defaultRules instruments adoptAfterMs confirm'],
  ['log', 'observability/logger', 'format level levels maxPerSecond'],
  ['display', 'cli/service-commands', 'timezone', 'command'],
  ...notify,
  ...store,
  ['stop', 'cli/stopping', 'deadlineMs'],
  ['health', 'app/health', 'exitOverdueMs staleMs graceMs slowLoopMs'],
]

/** One entry for each setting, by its id. */
export const SHOWN: ReadonlyMap<string, Shown> = new Map(
  rows.flatMap(([prefix, test, names, unread]) =>
    names.split(' ').map((name): [string, Shown] => {
      const id = prefix === '' ? name : `${prefix}.${name}`
      return [id, { test: `test/${test}.test.ts`, ...(unread !== undefined && { unread }) }]
    }),
  ),
)
