import { z } from 'zod'
import { serviceSchema } from '../../src/config/schema.ts'

/** One setting of the service configuration: a place of the schema that has no further settings. */
export interface Setting {
  /**
   * Path with the variant in braces where a section has several kinds, `[]` for an element of a list and
   * `<name>` for a key that a person chooses: `broker{http}.timeoutMs`, `portfolio.limits[].name`.
   */
  readonly id: string
  /** The same without variants. */
  readonly path: string
  /** `kind` of the section that has the setting; undefined where there is one kind only. */
  readonly kind: string | undefined
  readonly description: string | undefined
  readonly unit: string | undefined
  /** As it is written in a configuration; undefined: none. */
  readonly fallback: unknown
  /** Its section cannot be written without it. */
  readonly isRequired: boolean
  readonly schema: z.ZodType
  /** Its schema as JSON Schema. */
  readonly json: z.core.JSONSchema.BaseSchema
  /** Name in the environment; undefined where a variable cannot give it. */
  readonly variable: string | undefined
}

/** A place of the schema that holds settings, and what it is for. */
export interface Section {
  readonly path: string
  readonly description: string | undefined
}

export interface Settings {
  readonly settings: readonly Setting[]
  readonly sections: readonly Section[]
}

interface Place {
  readonly path: string
  readonly id: string
  readonly kind: string | undefined
  readonly meta: z.GlobalMeta
  readonly fallback: unknown
  readonly isOptional: boolean
}

interface Inside {
  readonly type: string
  readonly innerType?: z.ZodType
  readonly defaultValue?: unknown
  readonly in?: z.ZodType
  readonly out?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly valueType?: z.ZodType
  readonly element?: z.ZodType
  readonly values?: readonly unknown[]
}

const inside = (schema: z.ZodType): Inside => schema.def

/** The schema without defaults, transformations and the optional mark. */
function core(schema: z.ZodType): z.ZodType {
  const inner = innerOf(inside(schema))
  return inner === undefined ? schema : core(inner)
}

/** The inner schema of a wrapper, on the input side. */
function innerOf(def: Inside): z.ZodType | undefined {
  if (def.type !== 'pipe') return def.innerType
  return inside(def.in!).type === 'transform' ? def.out : def.in
}

const isSection = (schema: z.ZodType | undefined): boolean => {
  if (schema === undefined) return false
  const def = inside(core(schema))
  return def.shape !== undefined || (def.type === 'union' && def.options!.some(isSection))
}

const kindOf = (schema: z.ZodType): string => {
  const [kind] = inside(inside(core(schema)).shape!.kind!).values!
  return String(kind)
}

/** Reads every setting and every section of a schema, in its order. */
export function settingsOf(schema: z.ZodType = serviceSchema): Settings {
  const settings: Setting[] = []
  const sections: Section[] = []
  walk(schema, {
    path: '',
    id: '',
    kind: undefined,
    meta: {},
    fallback: undefined,
    isOptional: false,
  })
  return { settings, sections }

  function walk(each: z.ZodType, given: Place): void {
    const def = inside(each)
    const place: Place = {
      ...given,
      // The outermost text counts: it describes the setting, the inner one only the kind of value.
      meta: { ...z.globalRegistry.get(each), ...given.meta },
      fallback: given.fallback ?? def.defaultValue,
      isOptional: given.isOptional || def.type === 'optional',
    }
    const inner = innerOf(def)
    if (inner !== undefined) return walk(inner, place)
    // Its fields are those of another section, which has them.
    if (place.meta.sameAs !== undefined && inner === undefined) {
      settings.push(settingOf(each, place))
      return
    }
    if (!isSection(each) && !isSection(def.valueType) && !isSection(def.element)) {
      settings.push(settingOf(each, place))
      return
    }
    sections.push({ path: place.path, description: place.meta.description })
    const anew = { meta: {}, fallback: undefined, isOptional: false }
    if (def.valueType !== undefined) return step(def.valueType, place, '.<name>')
    if (def.element !== undefined) return step(def.element, place, '[]')
    if (def.options !== undefined) {
      const chosen = Object(place.fallback) as Record<string, unknown>
      for (const option of def.options) {
        if (!isSection(option)) continue
        const kind = inside(core(option)).shape!.kind === undefined ? undefined : kindOf(option)
        const id = kind === undefined ? place.id : `${place.id}{${kind}}`
        const given = chosen.kind === kind ? chosen : {}
        walkShape(option, { ...place, ...anew, id, kind }, given)
      }
      return
    }
    walkShape(each, { ...place, ...anew }, {})
  }

  function walkShape(
    each: z.ZodType,
    place: Place,
    defaults: Readonly<Record<string, unknown>>,
  ): void {
    for (const [name, inner] of Object.entries(inside(core(each)).shape!)) {
      const more = place.path === '' ? name : `.${name}`
      step(inner, place, more, defaults[name])
    }
  }

  function step(each: z.ZodType, place: Place, more: string, fallback?: unknown): void {
    walk(each, {
      ...place,
      path: place.path + more,
      id: place.id + more,
      meta: {},
      fallback,
      isOptional: false,
    })
  }
}

function settingOf(schema: z.ZodType, place: Place): Setting {
  const { id, path, kind, meta, isOptional } = place
  const fallback = place.fallback ?? meta.default
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return {
    id,
    path,
    kind,
    description: meta.description,
    unit: meta.unit as string | undefined,
    fallback,
    isRequired: !isOptional && fallback === undefined,
    schema,
    json,
    variable: variableOf(path, json),
  }
}

/** Lists and maps have no variable, nor do their elements. */
function variableOf(path: string, { type }: z.core.JSONSchema.BaseSchema): string | undefined {
  if (/\[\]|<name>/.test(path) || type === 'array' || type === 'object') return undefined
  const parts = path
    .split('.')
    .map(part => part.replace(/[A-Z]/g, letter => `__${letter}`).toUpperCase())
  return `WATCHKEEPER_${parts.join('_')}`
}
