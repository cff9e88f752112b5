import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { serviceSchema } from '../../src/config/schema.ts'
import { formatted } from './formatted.ts'
import { settingsOf, type Section, type Setting } from './settings.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The files that are made of the schema, and the command that writes them. */
export const REFERENCE = 'docs/configuration-reference.md'
export const SCHEMA = 'config/schema.json'
export const COMMAND = 'node --import tsx test/support/config-reference.ts'

const HEAD = `# Configuration reference

Every setting of the file after \`watchkeeper run --config\`: its path, type, unit, default and variable of
the environment. Made from the schema of the service: \`${COMMAND}\` writes this page
and \`config/schema.json\`, which editors read. The guide is [configuration.md](configuration.md).

\`[]\` is an element of a list and \`<name>\` a key of your choice. A setting with "with kind" belongs to
sections of that \`kind\` only. Lists and maps have no variable of the environment.
`

/** Both files by their path, formatted as the repository is. */
export async function referenceFiles(): Promise<Readonly<Record<string, string>>> {
  return {
    [REFERENCE]: await formatted(REFERENCE, page()),
    [SCHEMA]: await formatted(SCHEMA, JSON.stringify(editorSchema())),
  }
}

/** What an editor needs to check and explain a configuration. */
function editorSchema(): unknown {
  return z.toJSONSchema(serviceSchema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    override({ jsonSchema }) {
      // A setting with a default need not be written, also where the schema fills it in before it
      // checks.
      const { properties = {}, required } = jsonSchema
      if (required === undefined) return
      const needed = required.filter(name => Object(properties[name]).default === undefined)
      if (needed.length > 0) jsonSchema.required = needed
      else delete jsonSchema.required
    },
  })
}

function page(): string {
  const { settings, sections } = settingsOf()
  const top = settings.filter(({ path }) => !path.includes('.'))
  const names = [...new Set(sections.map(({ path }) => path.split(/[.[]/)[0]!))].filter(
    name => name !== '',
  )
  const parts = names.map(name => {
    const isIn = ({ path }: { path: string }): boolean =>
      path.startsWith(`${name}.`) || path.startsWith(`${name}[`)
    const about = sections.find(({ path }) => path === name)!
    return sectionText(
      about,
      sections.filter(each => isIn(each)),
      settings.filter(each => isIn(each)),
    )
  })
  return [HEAD, ...top.map(settingText), ...parts].join('\n\n')
}

function sectionText(
  { path, description }: Section,
  inner: readonly Section[],
  settings: readonly Setting[],
): string {
  const holderOf = (each: Setting): string => each.path.replace(/\.?[^.]+$/, '')
  const holders = [...new Set([path, ...settings.map(holderOf)])]
  return holders
    .flatMap(holder => {
      const about = inner.find(each => each.path === holder)
      const title = holder === path ? [`## \`${path}\``, description ?? ''] : [`### \`${holder}\``]
      const own = settings.filter(each => holderOf(each) === holder).map(settingText)
      return [...title, about?.description ?? '', ...own]
    })
    .join('\n\n')
}

function settingText(setting: Setting): string {
  const { path, kind, description, unit, json, variable } = setting
  const facts = [
    ...(kind === undefined || path.endsWith('.kind') ? [] : [`with kind \`${kind}\``]),
    typeText(json) + (unit === undefined ? '' : `, ${unit}`),
    defaultText(setting),
    ...(variable === undefined ? [] : [`\`${variable}\``]),
  ]
  return `- **\`${path}\`** (${facts.join('; ')})\\\n  ${description ?? ''}`
}

function defaultText({ path, fallback, isRequired }: Setting): string {
  if (path.endsWith('.kind') && isRequired) return 'one of the kinds'
  if (fallback === undefined) return isRequired ? 'required' : 'optional'
  return `default \`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``
}

type Json = z.core.JSONSchema.BaseSchema

function typeText(json: Json): string {
  if (json.const !== undefined) return `\`${JSON.stringify(json.const)}\``
  if (json.enum !== undefined) return json.enum.map(each => `\`${String(each)}\``).join(', ')
  const options = json.anyOf ?? json.oneOf
  if (options !== undefined) return options.map(each => typeText(each)).join(' or ')
  if (json.type === 'array') return `list of ${typeText(Object(json.items) as Json)}`
  if (json.type === 'object') return 'map'
  if (json.type === 'integer' || json.type === 'number') return `${json.type}${rangeText(json)}`
  return typeof json.type === 'string' ? json.type : 'any value'
}

function rangeText({ minimum, exclusiveMinimum, maximum }: Json): string {
  const most = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum
  const upTo = most === undefined ? '' : ` to ${most}`
  if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) {
    return most === undefined ? ` from ${minimum}` : ` from ${minimum}${upTo}`
  }
  return exclusiveMinimum === undefined
    ? upTo
    : ` above ${exclusiveMinimum}${upTo && `, up${upTo}`}`
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, text] of Object.entries(await referenceFiles())) {
    writeFileSync(`${ROOT}${path}`, text)
  }
}
