import type {
  ApiDocument,
  ApiOperation,
  ApiParameter,
  ApiReference,
  JsonSchema,
} from '../../ports/api-document.ts'

/** One operation with the place where it is. */
export interface Shown extends ApiOperation {
  readonly method: string
  readonly path: string
}

/** Every operation of the document, in its order. */
export const operationsOf = ({ paths }: ApiDocument): readonly Shown[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([word, each]) => ({ ...each, method: word.toUpperCase(), path })),
  )

/** A parameter, where it is a shared one too. */
export function resolved(api: ApiDocument, given: ApiParameter | ApiReference): ApiParameter {
  if (!('$ref' in given)) return given
  return api.components.parameters[given.$ref.split('/').at(-1)!]!
}

/** The values that a parameter takes. */
export function typeOf({ type, enum: words, minimum, maximum }: JsonSchema): string {
  if (Array.isArray(words)) return words.join(' | ')
  const bounds = typeof minimum === 'number' ? ` ${minimum} to ${String(maximum)}` : ''
  return (typeof type === 'string' ? type : 'any') + bounds
}

/** A command that sends the request to this service. */
export function curlOf({ method, path, requestBody, security }: Shown): string {
  const parts = ['curl']
  if (method !== 'GET') parts.push(`-X ${method}`)
  parts.push(`'${new URL(path.slice(1), location.href).href.replaceAll(/%7B(\w+)%7D/g, '{$1}')}'`)
  if (security.length > 0) parts.push('-H "authorization: Bearer $TOKEN"')
  if (method !== 'GET') parts.push("-H 'content-type: application/json'")
  if (requestBody !== undefined) parts.push(`-d '${exampleOf(requestBody.content)}'`)
  return parts.join(' ')
}

/** A body with the required fields, each with a word for its type. */
function exampleOf(content: NonNullable<ApiOperation['requestBody']>['content']): string {
  const { properties = {}, required = [] } = content['application/json'].schema as {
    properties?: Readonly<Record<string, JsonSchema>>
    required?: readonly string[]
  }
  return JSON.stringify(
    Object.fromEntries(
      required.map(name => {
        const { type, enum: words } = properties[name] ?? {}
        return [name, Array.isArray(words) ? (words[0] as unknown) : type === 'number' ? 1 : '…']
      }),
    ),
  )
}
