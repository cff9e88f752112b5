import { z } from 'zod'
import { errorRow } from '../errors/codes.ts'
import type {
  ApiDocument,
  ApiOperation,
  ApiParameter,
  ApiReference,
  ApiResponse,
  JsonSchema,
} from '../ports/api-document.ts'
import { ACCOUNT_PARAMETER } from './openapi/account-paths.ts'
import { errorsOf, isKept } from './openapi/errors.ts'
import { BODIES, PATH_PARAMETERS } from './openapi/examples.ts'
import {
  DESCRIPTION,
  headerParameter,
  headers,
  parameters,
  problem,
  ROLES,
  toHeader,
  toParameter,
} from './openapi/shared.ts'
import type { Answer, Operation } from './operation.ts'

const PROBLEM = 'application/problem+json'

/** The JSON schema of a shape: what is sent as JSON (`input`), or what a text stands for (`output`). */
function schemaOf(shape: z.ZodType, io: 'input' | 'output' = 'input'): JsonSchema {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(shape, { io, unrepresentable: 'any' })
  return schema
}

/**
 * The document of the API: OpenAPI 3.1, made of the operations of the server and of the same shapes that
 * check its requests.
 */
export function openApi(operations: readonly Operation[], version: string): ApiDocument {
  const paths: Record<string, Record<string, ApiOperation>> = {}
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method]: documented(operation) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'watchkeeper',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(tagOf))].map(name => ({ name })),
    paths,
    components: {
      schemas: { Problem: schemaOf(problem) },
      parameters,
      headers,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A token of the configuration.' },
      },
    },
    'x-watchkeeper-roles': ROLES,
  }
}

function documented(operation: Operation): ApiOperation {
  const { summary, needs, body } = operation
  return {
    operationId: idOf(operation),
    summary,
    tags: [tagOf(operation)],
    security: needs === 'open' ? [] : [{ bearer: [] }, {}],
    'x-watchkeeper-role': needs,
    parameters: parametersOf(operation),
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(body), ...exampleOf(operation) } },
      },
    }),
    responses: responsesOf(operation),
  }
}

/** A body that the operation takes, where one is given. */
function exampleOf({ method, path }: Operation): { readonly example?: unknown } {
  const example = BODIES[`${method} ${path.replace('/api/accounts/:account/', '/api/')}`]
  return example === undefined ? {} : { example }
}

/** `GET /api/positions/:id/why` is `getApiPositionsByIdWhy`. */
function idOf({ method, path }: Operation): string {
  const parts = path.split(/[/.-]/).filter(part => part !== '')
  const words = parts.map(part => part.replace(/^:(.)/, (_, first: string) => `by-${first}`))
  const name = words
    .flatMap(word => word.split('-'))
    .map(word => word[0]!.toUpperCase() + word.slice(1))
    .join('')
  return method + (name === '' ? 'Root' : name)
}

/** The group of an operation: the part of the path behind `/api`. */
function tagOf({ path }: Operation): string {
  const [first = '', second = ''] = path.slice(1).split('/')
  if (first === 'api') return second
  return ['health', 'livez', 'readyz', 'metrics'].includes(first) ? 'service' : 'page'
}

const hasTag = ({ method, isUntagged }: Operation): boolean =>
  method === 'get' && isUntagged !== true

function parametersOf(operation: Operation): (ApiParameter | ApiReference)[] {
  const { path, query, headers: own = {} } = operation
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path' as const,
    required: true,
    description: name === 'account' ? ACCOUNT_PARAMETER : (PATH_PARAMETERS[name] ?? ''),
    schema: { type: 'string' },
  }))
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, shape]) => {
    const { description, ...schema } = schemaOf(shape, 'output')
    return {
      name,
      in: 'query' as const,
      required: !shape.safeParse(undefined).success,
      ...(typeof description === 'string' && { description }),
      schema,
    }
  })
  const inHeader = Object.entries(own).map(([name, description]) =>
    headerParameter(name, description, { type: 'string' }),
  )
  return [
    ...inPath,
    ...inQuery,
    ...inHeader,
    ...(hasTag(operation) ? [toParameter('If-None-Match')] : []),
    ...(isKept(operation) ? [toParameter('Idempotency-Key')] : []),
  ]
}

function responsesOf(operation: Operation): Record<string, ApiResponse> {
  const responses: Record<string, ApiResponse> = {}
  for (const [status, answer] of Object.entries(operation.answers)) {
    responses[status] = responseOf(operation, Number(status), answer)
  }
  if (hasTag(operation)) {
    responses['304'] = {
      description: 'The client has this answer: its tag is in `If-None-Match`.',
      headers: { ETag: toHeader('ETag') },
    }
  }
  for (const [status, codes] of errorsOf(operation)) {
    const known = responses[status]
    const meanings = codes.map(code => `${code}: ${errorRow(code)!.meaning}`).join('; ')
    responses[status] = {
      description: [known?.description, meanings].filter(each => each !== undefined).join('. '),
      ...(status === 401 && { headers: { 'WWW-Authenticate': toHeader('WWW-Authenticate') } }),
      ...(status === 429 && { headers: { 'Retry-After': toHeader('Retry-After') } }),
      content: {
        ...known?.content,
        [PROBLEM]: { schema: { $ref: '#/components/schemas/Problem' } },
      },
      'x-watchkeeper-codes': codes,
    }
  }
  return responses
}

function responseOf(operation: Operation, status: number, answer: Answer): ApiResponse {
  const { description, content } = answer
  const sent = {
    ...(status === 200 && hasTag(operation) && { ETag: toHeader('ETag') }),
    ...(operation.hasLocation === true && { Location: toHeader('Location') }),
    ...(operation.hasLink === true && { Link: toHeader('Link') }),
    ...(isKept(operation) && { 'Idempotency-Replayed': toHeader('Idempotency-Replayed') }),
  }
  return {
    description,
    ...(Object.keys(sent).length > 0 && { headers: sent }),
    ...(content.length > 0 && {
      content: Object.fromEntries(
        content.map(({ type, shape }) => [
          type,
          shape === undefined ? {} : { schema: schemaOf(shape) },
        ]),
      ),
    }),
  }
}
