/** A JSON schema, as zod writes it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** A parameter of a request, or a header of an answer without `name` and `in`. */
export interface ApiParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: JsonSchema
}

/** A reference to a shared component. */
export interface ApiReference {
  readonly $ref: string
}

/** An answer of one status. */
export interface ApiResponse {
  readonly description: string
  readonly headers?: Readonly<Record<string, ApiReference>>
  readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>>
  /** Codes of the errors that are answered by this status. */
  readonly 'x-watchkeeper-codes'?: readonly string[]
}

/** One method of one path. */
export interface ApiOperation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  /** The least role of the token; `open`: a request needs none. */
  readonly 'x-watchkeeper-role': string
  readonly parameters: readonly (ApiParameter | ApiReference)[]
  readonly requestBody?: {
    readonly required: boolean
    readonly content: {
      readonly 'application/json': {
        readonly schema: JsonSchema
        /** A body that is taken. */
        readonly example?: unknown
      }
    }
  }
  readonly responses: Readonly<Record<string, ApiResponse>>
}

/** The document of the HTTP API: OpenAPI 3.1. */
export interface ApiDocument {
  readonly openapi: '3.1.1'
  readonly info: {
    readonly title: string
    readonly version: string
    readonly description: string
    readonly license: { readonly name: string; readonly identifier: string }
  }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly parameters: Readonly<Record<string, ApiParameter>>
    readonly headers: Readonly<
      Record<string, { readonly description: string; readonly schema: JsonSchema }>
    >
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
  /** What a token of each role may do. */
  readonly 'x-watchkeeper-roles': Readonly<Record<string, string>>
}
