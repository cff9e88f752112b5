import { dirname } from 'node:path'
import type { z } from 'zod'
import { expectedName } from '../domain/closest-name.ts'
import { expectation, fieldsAt, valueAt } from '../domain/expectation.ts'
import { show } from '../domain/shown.ts'
import { InputError } from '../errors.ts'
import {
  addAccountFiles,
  faultInFile,
  readAccountFiles,
  unreadFiles,
  type AccountFile,
} from './account-files.ts'
import { accountSchema } from './account-schema.ts'
import {
  advisorFaults,
  channelFaults,
  feedFaults,
  hookFaults,
  namesTwice,
  withMain,
} from './accounts.ts'
import { parseText } from './document.ts'
import { FaultList } from './faults.ts'
import { resolvePaths } from './paths.ts'
import { serviceSchema, type ServiceConfig } from './schema.ts'
import { readText } from './text-file.ts'
import { keysOf, PREFIX, scalar, variableOf } from './variables.ts'
import { refuseKeys } from './written-secrets.ts'

/** Sources of the values, in order: the file, the environment, the command line. */
export interface ConfigSources {
  /** Undefined: only the built-in defaults, or `settings`. */
  readonly file: string | undefined
  /**
   * The content of a file, from a program that embeds the service; paths are relative to the
   * working directory.
   */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  readonly env: NodeJS.ProcessEnv
  /** Values by dotted path, such as `http.port`; undefined ones are ignored. */
  readonly overrides: Readonly<Record<string, unknown>>
}

/** Variables of the environment that are no part of the configuration. */
const NOT_CONFIG = new Set(['WATCHKEEPER_DEBUG', 'WATCHKEEPER_URL', 'WATCHKEEPER_TEST_COUNTS'])

/**
 * Variables that Kubernetes sets in each container of a namespace with a Service whose name begins with
 * `watchkeeper`: `…_SERVICE_HOST`, `…_SERVICE_PORT_HTTP`, `…_PORT_8080_TCP_ADDR`, `…_PORT=tcp://…`.
 */
const OF_KUBERNETES = /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$/
const ADDRESS_OF_SERVICE = /^(tcp|udp|sctp):\/\//

const isOfKubernetes = (name: string, text: string): boolean =>
  OF_KUBERNETES.test(name) || (name.endsWith('_PORT') && ADDRESS_OF_SERVICE.test(text))

/** The name that messages use where there is no file. */
const BUILT_IN = 'the configuration'

/**
 * Reads the service's configuration. Paths in the file are relative to it, those of the environment
 * and of the command line to the working directory.
 *
 * @throws InputError with every fault at once.
 */
export function loadServiceConfig({
  file: path,
  settings,
  env,
  overrides,
}: ConfigSources): ServiceConfig {
  const file = path ?? BUILT_IN
  const document = parseText(path === undefined ? '' : readText(path), file)
  if (document.faults.length > 0) throw new InputError(file, document.faults)
  const list = new FaultList(document)
  const value = structuredClone(settings ?? document.value ?? {})
  if (path !== undefined) resolvePaths(value, dirname(path))
  const files = path === undefined ? [] : readAccountFiles(path)
  // A program may take its keys from anywhere; a file is copied and committed.
  if (settings === undefined) refuseKeys(list, value)
  addAccountFiles(value, files, list)
  const variables = new Map<string, string>()
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || NOT_CONFIG.has(name) || text === undefined) continue
    if (isOfKubernetes(name, text)) continue
    const keys = keysOf(name)
    put(value, keys, SECRET.test(keys.at(-1)!) ? text : scalar(text))
    variables.set(keys.join('.'), name)
  }
  const { broker, feed } = Object(value) as { broker?: unknown; feed?: unknown }
  const written = { broker: broker !== undefined, feed: feed !== undefined }
  for (const [path, given] of Object.entries(overrides)) {
    if (given !== undefined) put(value, path.split('.'), given)
  }
  const result = serviceSchema.safeParse(value)
  for (const issue of strictest(result.error?.issues ?? [])) reportAt(files, list, value, issue)
  const inFiles = [
    ...files.flatMap(each => [...each.document.faults, ...each.list.faults]),
    ...(path === undefined ? [] : unreadFiles(path)),
  ]
  const config = result.data && withMain(result.data, written)
  const odd = result.data && [
    ...namesTwice(result.data, written),
    ...feedFaults(config!),
    ...advisorFaults(config!),
    ...hookFaults(config!),
    ...channelFaults(config!),
  ]
  if (config !== undefined && list.faults.length + inFiles.length + odd!.length === 0) return config
  const faults = list.faults.map(fault => {
    const variable =
      overrides[fault.path] === undefined
        ? variableOf(fault.path, variables, document.value)
        : flagOf(fault.path)
    const { line: _none, found, ...rest } = fault
    if (variable !== undefined) return { ...rest, found: `${found} in ${variable}` }
    return path === undefined ? { ...rest, found } : fault
  })
  throw new InputError(file, [
    ...faults,
    ...inFiles,
    ...(odd ?? []).map(each => faultInFile(each, files)),
  ])
}

/** The issues without those of a lower bound where a value is below a higher one, too. */
const strictest = (issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] =>
  issues.filter(
    issue =>
      issue.code !== 'too_small' ||
      !issues.some(
        other =>
          other.code === 'too_small' &&
          other.minimum > issue.minimum &&
          other.path.join('.') === issue.path.join('.'),
      ),
  )

/** Adds a problem to the faults of the file that has its place: an account may have one of its own. */
function reportAt(
  files: readonly AccountFile[],
  list: FaultList,
  value: unknown,
  issue: z.core.$ZodIssue,
): void {
  const [section, name, ...inside] = issue.path
  const own = section === 'accounts' ? files.find(each => each.name === name) : undefined
  const isOfName = issue.code === 'invalid_key' && inside.length === 0
  if (own !== undefined && isOfName) {
    own.list.add([], `the name ${show(own.name)}`, expectation(issue, own.name))
  } else if (own === undefined) reportIssue(list, value, issue, serviceSchema)
  else if (own.document.faults.length === 0)
    reportIssue(own.list, own.value, { ...issue, path: inside }, accountSchema)
}

/**
 * Command line options by the setting that they override; other options are named like their
 * setting.
 */
const FLAGS: Readonly<Record<string, string>> = {
  dataFolder: '--data',
  'http.port': '--port',
  'display.timezone': '--zone',
  'broker.delayMs': '--broker-delay-ms',
}

const flagOf = (path: string): string => FLAGS[path] ?? `--${path}`

/** The log format of a configuration that may have faults, as far as it can be determined. */
export function logFormatOf(file: string | undefined, env: NodeJS.ProcessEnv): 'text' | 'json' {
  const wanted = env[`${PREFIX}LOG_FORMAT`]
  if (wanted !== undefined) return wanted === 'json' ? 'json' : 'text'
  try {
    const { value } = parseText(file === undefined ? '' : readText(file), '')
    const { log } = Object(value) as { log?: { format?: unknown } }
    return Object(log).format === 'json' ? 'json' : 'text'
  } catch {
    return 'text'
  }
}

function put(root: unknown, keys: readonly string[], value: unknown): void {
  let place = root as Record<string, unknown>
  for (const key of keys.slice(0, -1)) {
    const inner = place[key]
    if (typeof inner !== 'object' || inner === null) place[key] = {}
    place = place[key] as Record<string, unknown>
  }
  place[keys.at(-1)!] = value
}

/** Adds the problems that zod found to the faults of the document. */
export function reportIssue(
  list: FaultList,
  value: unknown,
  issue: z.core.$ZodIssue,
  schema?: z.ZodType,
): void {
  const path = issue.path.filter(key => typeof key !== 'symbol')
  if (issue.code === 'unrecognized_keys') {
    const known = schema === undefined ? [] : fieldsAt(schema, path, value)
    for (const key of issue.keys) list.add([...path, key], ...unknownSetting(key, known, path))
    return
  }
  const found = valueAt(value, path)
  const name = String(path.at(-1))
  const isHook = path[0] === 'notify' && name === 'url'
  const isSecret = found !== undefined && (isHook || SECRET.test(name))
  const shown = issue.code === 'invalid_key' ? `the name ${show(name)}` : show(found)
  const hidden = found === '' ? 'an empty value' : 'another value'
  list.add(path, isSecret ? hidden : shown, expectation(issue, found))
}

/** More names than these are no help in a message. */
const MOST_LISTED = 12

/** What is found and expected where a setting is unknown. */
function unknownSetting(
  key: string,
  known: readonly string[],
  path: readonly PropertyKey[],
): [found: string, expected: string] {
  // `{ staleMs: 30,000 }` is a map with the fields staleMs and 000.
  if (/^\d{3}$/.test(key))
    return [`the field ${key}`, 'a number without separators: 30000, not 30,000']
  const isListed = known.length > 0 && known.length <= MOST_LISTED
  const listed = isListed
    ? `one of ${known.join(', ')}`
    : 'a setting of docs/configuration-reference.md'
  const names = path.length === 0 ? [...known, 'portfolio.limits'] : known
  return ['an unknown setting', expectedName(key, names, listed)]
}

/** Names of settings whose values no message may show. */
const SECRET = /(?:tokens?|password|key|secret|passphrase)$/i

/** Files of plugins that a configuration names; none where it cannot be read: its faults say so later. */
export function pluginsOf({ file, settings }: Pick<ConfigSources, 'file' | 'settings'>): string[] {
  try {
    const text = file === undefined ? '' : readText(file)
    const value = structuredClone(settings ?? parseText(text, file ?? BUILT_IN).value ?? {})
    if (file !== undefined) resolvePaths(value, dirname(file))
    const { plugins } = Object(value) as { plugins?: unknown }
    if (!Array.isArray(plugins)) return []
    return plugins.filter((each): each is string => typeof each === 'string' && each !== '')
  } catch {
    return []
  }
}
