import { readFileSync } from 'node:fs'
import { describeFault, type Fault, InputError } from '../errors.ts'
import { type Document, parseText } from './document.ts'
import { FaultList, show } from './faults.ts'
import { mapOf, type PositionEntry, PositionReader, refuseUnknown } from './position-reader.ts'
import { type Findings, RuleSets } from './rule-sets.ts'

export interface LoadedPositions {
  /** In the order of the file. */
  readonly entries: readonly PositionEntry[]
  /** One line each, for a person. */
  readonly warnings: readonly string[]
}

export interface PositionsSource {
  readonly positionsFile: string
  /** Rule sets that win over those of the same name in the positions file. */
  readonly rulesFile?: string | undefined
  /** Warnings are faults. */
  readonly strict: boolean
}

/** Reads positions and their rules. Throws InputError with every fault of both files at once. */
export function loadPositions({
  positionsFile,
  rulesFile,
  strict,
}: PositionsSource): LoadedPositions {
  const faults: Fault[] = []
  const rules = rulesFile === undefined ? undefined : readInput(rulesFile, faults)
  const positions = readInput(positionsFile, faults)
  if (faults.length > 0) throw new InputError(faults[0]!.path, faults)
  return parsePositions(positions, rules, strict)
}

export interface NamedText {
  readonly source: string
  readonly text: string
}

/** The same on texts that are in memory. */
export function parsePositions(
  positions: NamedText,
  rules: NamedText | undefined,
  strict: boolean,
): LoadedPositions {
  const sets = new RuleSets()
  const read: Findings[] = []
  const faults: Fault[] = []
  if (rules !== undefined) {
    const document = parseText(rules.text, rules.source)
    faults.push(...document.faults)
    const findings = findingsIn(document, `${rules.source}: `)
    read.push(findings)
    if (document.faults.length > 0) sets.markIncomplete()
    else readRulesFile(document.value, sets, findings)
  }
  const document = parseText(positions.text, positions.source)
  faults.push(...document.faults)
  const findings = findingsIn(document)
  read.push(findings)
  const entries = document.faults.length > 0 ? [] : readFile(document.value, sets, findings)
  faults.push(...read.flatMap(each => each.faults.faults))
  const warnings = read.flatMap(each => each.warnings.faults)
  if (strict) faults.push(...warnings)
  if (faults.length > 0) {
    const isOfRules =
      rules !== undefined && faults.every(({ path }) => path.startsWith(rules.source))
    throw new InputError(isOfRules ? rules.source : positions.source, uniqueFaults(faults))
  }
  return { entries, warnings: uniqueFaults(warnings).map(describeFault) }
}

const findingsIn = (document: Document, prefix?: string): Findings => ({
  faults: new FaultList(document, prefix),
  warnings: new FaultList(document, prefix),
})

/** The faults without repetitions: a rule set that many positions share is reported once. */
const uniqueFaults = (faults: readonly Fault[]): Fault[] => [
  ...new Map(faults.map(fault => [describeFault(fault), fault])).values(),
]

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'a directory',
  EACCES: 'a file that may not be read (permission denied)',
}

/** The text of a file; where it cannot be read, an empty one and a fault. */
function readInput(source: string, faults: Fault[]): NamedText {
  try {
    return { source, text: readFileSync(source, 'utf8') }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    faults.push({
      path: source,
      found: UNREADABLE[code] ?? code,
      expected: 'a file that can be read',
    })
    return { source, text: '' }
  }
}

function readRulesFile(value: unknown, sets: RuleSets, findings: Findings): void {
  const list = findings.faults
  const root = mapOf(value, [], list)
  if (root === undefined) return sets.markIncomplete()
  refuseUnknown(root, ['rules'], [], list)
  // Also without rules: whoever gives such a file meant to define some.
  sets.readNamed(root['rules'], findings)
}

function readFile(value: unknown, sets: RuleSets, findings: Findings): PositionEntry[] {
  const list = findings.faults
  const root = mapOf(value, [], list)
  if (root === undefined) return []
  refuseUnknown(root, ['rules', 'positions'], [], list)
  if (root['rules'] !== undefined) sets.readNamed(root['rules'], findings)
  const { positions } = root
  if (!Array.isArray(positions) || positions.length === 0) {
    const found = Array.isArray(positions) ? 'an empty list' : show(positions)
    list.add(['positions'], found, 'a list with at least one position')
    return []
  }
  const seen = new Map<string, number>()
  return positions.flatMap((each, index) => {
    const entry = new PositionReader(index, findings).read(each, sets, seen)
    return entry === undefined ? [] : [entry]
  })
}
