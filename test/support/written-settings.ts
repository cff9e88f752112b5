const url = 'http://127.0.0.1:9/hook'
const SECRET = 'a-secret-of-enough-length'
const span = { open: '09:00', close: '17:00' }
const hours = { timezone: 'UTC', days: ['mon'] }
const slowness = { slowMs: 10, slowRatePct: 50 }

/** Gives the path of a file with a secret, or of the data folder. */
export type FileOf = (name: string) => string

/** The process may stand still while its parts are read. */
const supervision = { exitOnBlockedMs: 600_000 }

/** One account, with everything that is written but for its broker. */
export const oneAccount = (file: FileOf): object => ({
  dataFolder: file('data'),
  supervision,
  advisors: [
    {
      name: 'one',
      command: ['cat', '-'],
      positions: ['p1'],
      instruments: ['ACME'],
      env: { FACTOR: '3' },
    },
  ],
  http: {
    port: 0,
    token: 'a-token-of-enough-length',
    tokens: [
      { name: 'reader', role: 'read', token: 'another-token-of-enough-length' },
      { name: 'agent', role: 'agent', tokenFile: file('token') },
    ],
    hosts: ['guard.example'],
    hooks: [
      {
        name: 'bot',
        kind: 'freqtrade',
        secretFile: file('secret'),
        rules: 'swing',
        instruments: { 'BTC/USDT': 'BTCUSD' },
        from: ['127.0.0.1'],
        api: { url: 'http://127.0.0.1:9', user: 'trader', passwordFile: file('password') },
      },
    ],
  },
  instruments: {
    'A*': {
      multiplier: 2,
      lot: 0.5,
      minQuantity: 1,
      maxQuantity: 1_000,
      contractSize: 0.5,
      minOrderValue: 5,
      tickSize: 0.01,
      currency: 'USD',
      hours: {
        ...hours,
        ...span,
        holidays: ['2030-01-01'],
        exceptions: { '2030-02-05': span },
      },
    },
    'B*': { hours: { ...hours, sessions: [span] } },
  },
  massExit: { max: 7 },
  feed: { maxJumpPct: 10, maxTickAgeMs: 10_000 },
  portfolio: {
    capital: 1_000,
    limits: [
      { name: 'all', maxLoss: 100, account: 'main', underlying: 'ACME', currency: 'USD' },
      { name: 'part', maxLossPct: 5 },
    ],
  },
  exits: { sendUnverifiedAfterMs: 60_000 },
  holdings: { adopt: 'rules', defaultRules: { stopLoss: { pct: 50 } }, instruments: ['A*'] },
  log: { levels: { supervision: 'warn' } },
  notify: {
    approachPct: 5,
    summaryAt: '17:30',
    channels: CHANNELS.flatMap(({ file: secretFile, ...channel }) => [
      { ...channel, name: channel.kind, events: ['exits'] },
      ...withFile(channel, secretFile, file),
    ]),
    heartbeat: { url },
  },
})

const EMAIL = { kind: 'email', host: '127.0.0.1', port: 9, tls: 'none', user: 'desk' }
const MAIL = { ...EMAIL, sender: 'desk@example.com', to: ['me@example.com'] }

/** A channel of each kind, and which of its settings may be a file instead. */
const CHANNELS = [
  { kind: 'webhook', url, secret: SECRET, headers: { 'x-a': 'b' }, file: 'secret' },
  { kind: 'slack', url, file: 'url' },
  { kind: 'pagerduty', url, routingKey: 'key', file: 'routingKey' },
  { kind: 'telegram', url, token: 'token', chatId: '1', users: [1], chats: [2], file: 'token' },
  { kind: 'discord', url, file: 'url' },
  { ...MAIL, password: 'word', caFile: '/etc/hosts', file: 'password' },
]

function withFile(channel: object, secret: string, file: FileOf): object[] {
  const { [secret]: _given, ...rest } = channel as Record<string, unknown>
  const { kind } = channel as { kind: string }
  return [{ ...rest, [`${secret}File`]: file(`${kind}-${secret}`), events: ['exits'] }]
}

/** An account at a venue that does not answer. */
const venue = (kind: string): object => ({
  feed: 'own',
  broker: {
    kind,
    environment: 'demo',
    url: 'https://127.0.0.1:9',
    streamUrl: 'wss://127.0.0.1:9',
    key: 'a-key-of-a-venue',
    secret: 'a-secret-of-a-venue',
    passphrase: 'a-passphrase-of-a-venue',
  },
})

/** An account at a server that does not answer. */
const server = (more: object, claims: object): object => ({
  feed: 'own',
  broker: {
    kind: 'http',
    url: 'http://127.0.0.1:9',
    capabilities: {
      lookup: 'complete',
      deadline: 'kept',
      products: true,
      restingStop: { kinds: ['stop-market'], triggers: ['last'], maxDistancePct: 5 },
      ...claims,
    },
    ...more,
  },
})
const calls = { perSecond: 50, perMinute: 500, perHour: 5_000, perDay: 50_000 }

const windowed = (orders: object, account: object, quotes: object): object => ({
  orders: { window: { ...slowness, ...orders } },
  account: { window: { ...slowness, ...account } },
  quotes: { window: { ...slowness, ...quotes } },
})
const [count, time] = [{ kind: 'count' }, { kind: 'time' }]

const polled = { maxJumpPct: 10, confirmMs: 2_000, maxTickAgeMs: 10_000 }
const pushed = { ...polled, pollAfterMs: 5_000, heartbeatMs: 15_000 }

/** Several accounts, one at each kind of broker. */
export const severalAccounts = (file: FileOf): object => ({
  dataFolder: file('data'),
  supervision,
  http: { port: 0 },
  acceptUnprovable: true,
  notify: {
    channels: CHANNELS.map(({ file: _none, ...each }) => ({ ...each, accounts: ['http'] })),
  },
  feeds: {
    own: { kind: 'broker', ...pushed },
    polled: { kind: 'poll', ...polled },
    public: {
      kind: 'venue',
      ...pushed,
      venue: {
        kind: 'binance',
        environment: 'demo',
        url: 'https://127.0.0.1:9',
        streamUrl: 'wss://127.0.0.1:9',
      },
    },
  },
  accounts: {
    http: {
      ...server(
        { token: 'a-token-of-a-broker', tokenExpiresAt: '2031-01-02T03:04:05Z' },
        { limits: [{ name: 'all', groups: ['orders'], ...calls }] },
      ),
      feed: 'polled',
      mode: 'guard',
      gateway: { breakers: windowed(count, time, count) },
      exits: { style: { kind: 'marketable-limit', bandPct: 1, escalateMs: 1_000 } },
      portfolio: { limits: [{ name: 'own', maxLoss: 5 }] },
      holdings: { adopt: 'alert' },
      massExit: { max: 4 },
    },
    file: {
      ...server(
        { tokenFile: file('broker-token') },
        {
          lookupKeeps: '90d',
          limits: [
            { name: 'all', groups: ['orders'] },
            { name: 'second', groups: ['account'] },
          ],
        },
      ),
      feed: 'public',
      gateway: {
        limits: { shared: 'office', names: ['all'] },
        breakers: windowed(time, count, time),
      },
    },
    binance: venue('binance'),
    bybit: venue('bybit'),
    okx: venue('okx'),
  },
})
