import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readSync } from 'node:fs'
import { InstrumentTable } from '../domain/instrument.ts'
import { show } from '../domain/shown.ts'
import { describeFault, InputError, type Fault } from '../errors.ts'
import { documentOf, MAX_BYTES, parseText, tooLong, unread, type Document } from './document.ts'
import { FaultList, unreadable } from './faults.ts'
import { mapOf, refuseUnknown } from './maps.ts'
import { PositionReader, type PositionEntry, type PositionPlaces } from './position-reader.ts'
import { RuleSets, type Findings } from './rule-sets.ts'

export interface LoadedPositions {
  /** In the order of the file. */
  readonly entries: readonly PositionEntry[]
  /** One line each, for a person. */
  readonly warnings: readonly string[]
  /** The same warnings with their places. */
  readonly odd: readonly Fault[]
  /** The named rule sets of all files: the options of each, as they are written. */
  readonly ruleSets: ReadonlyMap<string, Readonly<Record<string, unknown>>>
}

export interface PositionsSource {
  /** Undefined: the file has no positions. */
  readonly positionsFile: string | undefined
  /** A file of rule sets that override those of the same name in the positions file. */
  readonly rulesFile?: string | undefined
  /** Treats warnings as faults. */
  readonly strict: boolean
  /** Specifications of instruments; default: none. */
  readonly instruments?: InstrumentTable
  /** Names of the accounts of the process, where its configuration names them. */
  readonly accounts?: readonly string[] | undefined
}

const NOTHING: LoadedPositions = { entries: [], warnings: [], odd: [], ruleSets: new Map() }

/**
 * Reads positions and their rules.
 *
 * @throws InputError with every fault of both files at once.
 */
export function loadPositions({
  positionsFile,
  rulesFile,
  ...options
}: PositionsSource): LoadedPositions {
  if (positionsFile === undefined) return NOTHING
  const rules =
    rulesFile === undefined ? undefined : sourceOf(rulesFile, documentIn(rulesFile), true)
  return read(sourceOf(positionsFile, documentIn(positionsFile)), rules, options)
}

export interface NamedText {
  readonly source: string
  readonly text: string
}

interface ParseOptions extends Partial<
  Pick<PositionsSource, 'strict' | 'instruments' | 'accounts'>
> {
  /** Rule sets that override those of the same name in the positions. */
  readonly rules?: NamedText
}

/** The same for texts in memory. */
export function parsePositions(
  positions: NamedText,
  { rules, strict = false, instruments, accounts }: ParseOptions = {},
): LoadedPositions {
  const parsed = ({ source, text }: NamedText): Document => parseText(text, source)
  return read(
    sourceOf(positions.source, parsed(positions)),
    rules === undefined ? undefined : sourceOf(rules.source, parsed(rules), true),
    { strict, accounts, ...(instruments !== undefined && { instruments }) },
  )
}

interface ParsePositionOptions extends Omit<ParseOptions, 'rules'> {
  /** Rule sets that the position may name. */
  readonly ruleSets?: LoadedPositions['ruleSets']
}

/**
 * Reads one position from a JSON value by the rules of a file; fault paths start with
 * `positions[0]`.
 */
export function parsePosition(
  source: string,
  position: unknown,
  { strict = false, instruments, accounts, ruleSets = new Map() }: ParsePositionOptions = {},
): LoadedPositions {
  const named = documentOf({ rules: Object.fromEntries(ruleSets) })
  return read(
    sourceOf(source, documentOf({ positions: [position] })),
    ruleSets.size === 0 ? undefined : sourceOf('rule sets', named, true),
    { strict, accounts, ...(instruments !== undefined && { instruments }) },
  )
}

/** One document, with the faults and warnings found in it so far. */
interface Source {
  readonly name: string
  readonly document: Document
  readonly findings: Findings
}

function sourceOf(name: string, document: Document, isNamedInPaths = false): Source {
  const prefix = isNamedInPaths ? `${name}: ` : ''
  const faults = new FaultList(document, prefix)
  return { name, document, findings: { faults, warnings: new FaultList(document, prefix) } }
}

function read(
  positions: Source,
  rules: Source | undefined,
  {
    strict,
    instruments = new InstrumentTable(),
    accounts,
  }: Pick<PositionsSource, 'strict' | 'instruments' | 'accounts'>,
): LoadedPositions {
  const sets = new RuleSets()
  if (rules !== undefined) readRulesFile(rules, sets)
  const entries = readFile(positions, sets, { instruments, accounts })
  const ofRules = rules === undefined ? [] : faultsOf(rules, strict)
  const faults = [...ofRules, ...faultsOf(positions, strict)]
  if (faults.length > 0) {
    const name = faults.length === ofRules.length ? rules?.name : undefined
    throw new InputError(name ?? positions.name, uniqueFaults(faults))
  }
  const sources = rules === undefined ? [positions] : [rules, positions]
  const odd = uniqueFaults(sources.flatMap(({ findings }) => findings.warnings.faults))
  return { entries, odd, warnings: odd.map(describeFault), ruleSets: sets.written }
}

const faultsOf = ({ document, findings }: Source, strict: boolean): readonly Fault[] => [
  ...document.faults,
  ...findings.faults.faults,
  ...(strict ? findings.warnings.faults : []),
]

/** The faults without repetitions: a rule set that many positions share is reported once. */
const uniqueFaults = (faults: readonly Fault[]): Fault[] => [
  ...new Map(faults.map(fault => [describeFault(fault), fault])).values(),
]

const CHUNK_BYTES = 2 ** 18

/** The document of a file; for an unreadable file, a document with that fault. */
function documentIn(file: string): Document {
  try {
    const bytes = firstBytes(file, MAX_BYTES + 1)
    if (bytes.length > MAX_BYTES) return unread([tooLong(file)])
    // Replacing invalid bytes would change a name into one that no tick has.
    if (!isUtf8(bytes)) {
      const found = 'bytes that are not UTF-8'
      return unread([{ path: file, found, expected: 'a text in UTF-8' }])
    }
    return parseText(bytes.toString('utf8'), file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === undefined) throw error
    const found = unreadable(code)
    return unread([{ path: file, found, expected: 'a file that can be read' }])
  }
}

/** Reads at most so many bytes of a file, a pipe or a device. */
function firstBytes(file: string, limit: number): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    const chunks: Buffer[] = []
    let left = limit
    while (left > 0) {
      const chunk = Buffer.allocUnsafe(Math.min(left, CHUNK_BYTES))
      const count = readSync(descriptor, chunk)
      if (count === 0) break
      chunks.push(chunk.subarray(0, count))
      left -= count
    }
    return Buffer.concat(chunks)
  } finally {
    closeSync(descriptor)
  }
}

function readRulesFile({ document, findings }: Source, sets: RuleSets): void {
  if (document.faults.length > 0) return sets.markIncomplete()
  const list = findings.faults
  const root = mapOf(document.value, [], list, 'a map with rules')
  if (root === undefined) return sets.markIncomplete()
  refuseUnknown(root, ['rules'], [], list)
  // Also where it has no rules: the file was meant to define some.
  sets.readNamed(root['rules'], findings)
}

function readFile(
  { document, findings }: Source,
  sets: RuleSets,
  places: PositionPlaces,
): PositionEntry[] {
  if (document.faults.length > 0) return []
  const list = findings.faults
  const root = mapOf(document.value, [], list, 'a map with positions and rules')
  if (root === undefined) return []
  refuseUnknown(root, ['rules', 'positions'], [], list)
  if (root['rules'] !== undefined) sets.readNamed(root['rules'], findings)
  const { positions } = root
  // A service whose positions come by its API has rule sets alone.
  if (Array.isArray(positions) && positions.length === 0 && root['rules'] !== undefined) return []
  if (!Array.isArray(positions) || positions.length === 0) {
    const found = Array.isArray(positions) ? 'an empty list' : show(positions)
    list.add(['positions'], found, 'a list with at least one position')
    return []
  }
  const seen = new Map<string, number>()
  return positions.flatMap((each, index) => {
    const entry = new PositionReader(index, findings, places).read(each, sets, seen)
    return entry === undefined ? [] : [entry]
  })
}
