import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { isMap, isScalar, isSeq, parse, parseDocument } from 'yaml'
import { z } from 'zod'
import { loadServiceConfig } from '../../src/config/service-file.ts'
import type { InputError } from '../../src/errors.ts'
import { COMMAND, referenceFiles, SCHEMA } from '../support/config-reference.ts'
import { settingsOf, type Setting } from '../support/settings.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8')

const { settings, sections } = settingsOf()
const DEFAULT = 'config/default.yaml'

/**
 * A commented-out setting: the text after `# ` begins with a name and a colon, or with an item of a
 * list.
 */
const COMMENTED = /^( *)# ( *(?:- |(?!yaml-)['\w][^ #]*:(?= |$)))/gm

/** Paths of a YAML text that are settings, and those that are neither a setting nor a section. */
function pathsOf(text: string): { readonly named: Set<string>; readonly unknown: string[] } {
  const known = new Map([
    ...sections.map(({ path }): [string, boolean] => [path, false]),
    ...settings.map(({ path }): [string, boolean] => [path, true]),
  ])
  const named = new Set<string>()
  const unknown: string[] = []
  const document = parseDocument(text, { uniqueKeys: false })
  expect(document.errors).to.deep.equal([])
  walk(document.contents, '')
  return { named, unknown }

  function walk(node: unknown, path: string): void {
    if (known.get(path) === true) {
      named.add(path)
      return
    }
    if (isSeq(node)) for (const item of node.items) walk(item, `${path}[]`)
    if (!isMap(node)) return
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : ''
      const own = path === '' ? name : `${path}.${name}`
      const at = known.has(own) ? own : `${path}.<name>`
      if (known.has(at)) walk(value, at)
      else unknown.push(own)
    }
  }
}

describe('the schema of the configuration', () => {
  it('has a description of every setting and of every section', () => {
    // An element of a list is described by its list.
    const described = [...settings, ...sections.filter(({ path }) => !/(?:\[\]|>)$/.test(path))]
    const bare = described.filter(({ description }) => !description)
    expect(bare.map(({ path }) => path)).to.deep.equal([])
  })

  it('has a unit of every number that is not a name', () => {
    const names = /(?:^|\.)(?:port|db|seed)$/
    const isNumber = ({ json }: Setting): boolean =>
      json.type === 'number' || json.type === 'integer'
    const bare = settings.filter(each => isNumber(each) && !each.unit && !names.test(each.path))
    expect(bare.map(({ path }) => path)).to.deep.equal([])
  })

  it('has no two settings of one id', () => {
    const ids = settings.map(({ id }) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).to.deep.equal([])
  })

  it('is described, in full, by the reference and by the schema of editors', async () => {
    for (const [path, text] of Object.entries(await referenceFiles())) {
      expect(read(path), COMMAND).to.equal(text)
    }
  })

  it('is listed completely, and nothing else, in the default configuration', () => {
    const { named, unknown } = pathsOf(read(DEFAULT).replace(COMMENTED, '$1$2'))
    expect(unknown).to.deep.equal([])
    const missing = settings.map(({ path }) => path).filter(path => !named.has(path))
    expect([...new Set(missing)]).to.deep.equal([])
  })

  it('gives editors a schema that accepts the default configuration, and no unknown setting', () => {
    const schema = z.fromJSONSchema(JSON.parse(read(SCHEMA)) as z.core.JSONSchema.JSONSchema)
    const given = parse(read(DEFAULT)) as Record<string, object>
    expect(schema.safeParse(given).error?.issues ?? []).to.deep.equal([])
    const withBroker = { ...given, broker: { delayMs: 5 } }
    expect(schema.safeParse(withBroker).error?.issues ?? []).to.deep.equal([])
    for (const wrong of [
      { ...given, cycleMS: 1 },
      { ...given, http: { ports: 1 } },
    ]) {
      expect(schema.safeParse(wrong).success).to.equal(false)
    }
  })

  it('can be set by the variable that the reference names', () => {
    for (const setting of settings) {
      const { id, path, kind, variable } = setting
      if (variable === undefined || path.endsWith('.kind')) continue
      const depth = id.split('{')[0]!.split('.').length
      const holder = variable
        .split(/(?<!_)_(?!_)/)
        .slice(0, depth + 1)
        .join('_')
      const env = {
        ...(kind !== undefined && { [`${holder}_KIND`]: kind }),
        // A section in place of a value is a fault of that setting, whatever its type is.
        [`${variable}_X`]: '1',
      }
      const faults = faultsOf(env)
      const isNamed = faults.some(each => each === path || each.startsWith(`${path}.`))
      expect(isNamed, `${id} by ${variable}: ${faults.join(' ')}`).to.equal(true)
    }
  })
})

function faultsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    loadServiceConfig({ file: undefined, env, overrides: {} })
    return []
  } catch (error) {
    return (error as InputError).faults.map(({ path }) => path)
  }
}
