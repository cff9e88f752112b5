/** How an error of a code reaches a client, and what it means. */
export interface ErrorRow {
  /** HTTP status; 500 also stands for codes that no request meets. */
  readonly status: number
  /** Exit code of a command that ends with it: 1 failed, 2 wrong usage, input or configuration. */
  readonly exitCode: 1 | 2
  readonly meaning: string
}

/** The rows of one status and exit code, from the meaning of each code. */
const rows = <Code extends string>(
  reached: Pick<ErrorRow, 'status' | 'exitCode'>,
  meanings: Readonly<Record<Code, string>>,
): Readonly<Record<Code, ErrorRow>> =>
  Object.fromEntries(
    Object.entries<string>(meanings).map(([code, meaning]) => [code, { ...reached, meaning }]),
  ) as Record<Code, ErrorRow>

/** Every code of an error, stable across releases; docs/errors.md has the same table. */
export const ERROR_CODES = {
  ...rows(
    { status: 400, exitCode: 1 },
    {
      ACCOUNT_REQUIRED: 'the service guards several accounts, and the request names none of them',
      BAD_JSON: 'the body of a request is not JSON',
      BAD_REQUEST: 'the HTTP server could not take the request',
    },
  ),
  ...rows(
    { status: 401, exitCode: 1 },
    {
      BAD_TOKEN: 'the request has no token, or a wrong one',
    },
  ),
  ...rows(
    { status: 403, exitCode: 1 },
    {
      FOREIGN_HOST: 'a request without a token names another host than this machine',
      FOREIGN_ORIGIN: 'a page of another origin made the request',
      TOKEN_REQUIRED: 'the service needs a token for this, and has none',
      ROLE_TOO_LOW: 'the role of the token does not reach for this',
    },
  ),
  ...rows(
    { status: 404, exitCode: 1 },
    {
      NOT_FOUND: 'the service has no such path',
      ACCOUNT_UNKNOWN: 'no account of the service has this name',
      RULE_SET_UNKNOWN: 'no rule set has this name',
      POSITION_UNKNOWN: 'no open position has this id',
      LIMIT_UNKNOWN: 'no loss limit has this name',
      ACTOR_UNKNOWN: 'no running actor has this id',
      CHECK_UNKNOWN: 'health has no check of this name',
    },
  ),
  ...rows(
    { status: 405, exitCode: 1 },
    {
      METHOD_NOT_ALLOWED: 'the path does not take this method',
    },
  ),
  ...rows(
    { status: 409, exitCode: 1 },
    {
      POSITION_EXISTS: 'another position with this id is guarded already',
      POSITION_CLOSED: 'the position of this id was closed',
      OPENS_LATER: 'the position opens in the future',
      WRONG_SIDE: 'the account holds the opposite side',
      ACCOUNT_MIXED: 'some positions name an account and others name none',
      LOOSENS: 'the new rules loosen a level',
      STOP_ELSEWHERE:
        'freqtrade keeps a stop of its own on the exchange: two orders could close one position',
      EXITS_AT_ONCE: 'the rules would exit the position at once',
      EXIT_RUNNING:
        'the position is being exited: its rules and its quantity can no longer be changed',
      HELD_EXITS: 'exits wait for the decision of a person',
      KEY_RUNNING: 'the request with this `Idempotency-Key` is under way',
      KEY_UNKNOWN: 'how the request with this `Idempotency-Key` ended is not known',
      PROFILE_RUNNING: 'a CPU profile is being recorded already',
      BACKUP_RUNNING: 'a backup is being made already',
      SNAPSHOT_RUNNING: 'a heap snapshot is being made already',
      HEAP_TOO_LARGE: 'the heap is too large: a snapshot would stop the service',
    },
  ),
  ...rows(
    { status: 413, exitCode: 1 },
    {
      BODY_TOO_LARGE: 'the body of a request is too large',
    },
  ),
  ...rows(
    { status: 415, exitCode: 1 },
    {
      NOT_JSON: 'a change came without the content type of JSON',
    },
  ),
  ...rows(
    { status: 422, exitCode: 2 },
    {
      BAD_INPUT: 'a file, a request or the configuration is invalid',
    },
  ),
  ...rows(
    { status: 422, exitCode: 1 },
    {
      KEY_REUSED: 'this `Idempotency-Key` belongs to another request',
    },
  ),
  ...rows(
    { status: 429, exitCode: 1 },
    {
      TOKENS_LIMITED: 'too many wrong tokens came from this address',
    },
  ),
  ...rows(
    { status: 500, exitCode: 2 },
    {
      ACCOUNT_REMOVED:
        'the store has open positions of an account that the configuration does not have',
      BAD_USAGE: 'the command line is wrong',
      BAD_PLUGIN: 'a plugin cannot be used; the message names its path and what is wrong with it',
    },
  ),
  ...rows(
    { status: 500, exitCode: 1 },
    {
      UNEXPECTED: 'an error that watchkeeper does not know',
      UNCAUGHT: 'an error escaped every handler; the process ends',
      ACTOR_FAILED:
        'an actor that the service cannot do without is not restarted; the process ends',
      WATCHDOG_FAILED: 'the watchdog of the event loop could not run; the process ends',
      NOT_SENT: 'a call to the broker never left; the call may be repeated',
      RATE_LIMITED: 'the broker refused a call because of its rate limit',
      UNAUTHORIZED: 'the broker refused the credentials',
      OUTCOME_UNKNOWN: 'a call to the broker may or may not have been carried out',
      ADAPTER_FAULT: 'the adapter of a broker broke its contract',
      ACCOUNT_UNUSABLE: 'the paper account on disk is damaged, foreign, newer or unreadable',
      ACCOUNT_FULL: 'the disk of the paper account is full',
      NO_PRICE: 'no price is known for an instrument',
      BAD_RULES: 'stored rules are not valid in this version',
      STORE_OWNED: 'another process owns the store',
      STORE_NEWER: 'a later version wrote the store',
      STORE_FOREIGN: 'the data folder holds writes of an outage that belong to another store',
      STORE_UNUSABLE: 'the store does not exist or cannot be opened',
      STORE_NOT_EMPTY: 'the target of a copy is not empty',
      COPY_FAILED: 'a copy does not equal its source',
      BACKUP_UNUSABLE: 'a backup is incomplete or not one',
      ADDRESS_IN_USE: 'another process listens at the address of the HTTP server',
      CANNOT_LISTEN: 'the HTTP server cannot listen at its address',
      REPLAY_FAILED: 'a replay ended with an error',
      TOO_MANY_SKIPPED: 'a replay left out more than half of the rows',
      NO_SERVICE: 'no service listens at the address',
      TOO_SLOW: 'the service did not answer in time',
      NO_ANSWER: 'the connection to the service broke off or could not be made',
      NOT_WATCHKEEPER: 'something other than watchkeeper answers at the address',
      ANSWER_TOO_LONG: 'an answer of the service is too long',
      REDIS_UNAVAILABLE: 'no connection to Redis: the command never left, or its answer was lost',
      REDIS_TIMEOUT: 'Redis did not answer in time: the command may have been carried out',
      REDIS_REFUSED: 'the circuit breaker of the connection lets no command through',
      REDIS_AUTH: 'Redis refused user, password or command',
      REDIS_READONLY:
        'the Redis server does not take writes: a replica, or its disk or replicas fail',
      REDIS_OOM: 'the Redis server has no memory for another write',
      REDIS_WRONG_TYPE: 'a key in Redis has another type than expected',
      REDIS_BUSY: 'Redis loads its data, or a script keeps it busy',
      REDIS_ERROR: 'Redis answered with another error',
    },
  ),
  ...rows(
    { status: 503, exitCode: 1 },
    {
      NOT_READY: 'the service does not take changes yet, or any longer',
      NOT_DURABLE_YET: 'the store has not confirmed what a webhook asks for; it may yet do so',
      ACTOR_DOWN: 'the actor that should answer is being restarted',
      TOO_MANY_STREAMS: 'too many clients follow a stream',
      STORE_FAILED: 'the store did not take a write, or cannot be read',
      STORE_FULL: 'the store has no room',
      STORE_GONE: 'the folder of the store was removed or replaced while the service ran',
      STORE_LOST: 'the store has lost durable data',
      FENCED: 'another process has taken over the store',
      STANDBY: 'this process waits to take over',
    },
  ),
}

/** The code of an error. An error with a code that has no row does not compile. */
export type ErrorCode = keyof typeof ERROR_CODES

/** The row of a code; undefined for one of another version or of a foreign error. */
export const errorRow = (code: string): ErrorRow | undefined =>
  Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code as ErrorCode] : undefined

/** Codes of faults in a configuration whose parts do not fit together; docs/errors.md has the same table. */
export const FAULT_CODES = {
  UNPROVABLE: 'nothing at the venue proves that an exit is made only once',
  SIMULATED_PRICES: 'a real account would be exited at invented prices',
  NO_PRICES: 'prices would come from a broker that has none',
  TOKEN_REQUIRED: 'the HTTP server would be open to the network without a token',
  NOT_A_FOLDER: 'the data folder is a file',
  POSITION_MODE: 'the account at the venue is in the other position mode',
  WITHDRAWALS: 'the key of the account may withdraw',
} as const

/** The code of one fault of an input. */
export type FaultCode = keyof typeof FAULT_CODES
