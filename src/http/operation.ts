import type { Request, Response } from 'express'
import type { z } from 'zod'
import type { HttpConfig, Role } from '../config/http-schema.ts'
import type { ErrorCode } from '../errors/codes.ts'
import type { Control } from '../ports/control.ts'
import type { Access } from './access/access.ts'
import type { Idempotency } from './idempotency.ts'
import type { Reply } from './reply.ts'

/** A body of an answer: its media type, and what it is. */
export interface Content {
  readonly type: string
  /** Absent: text, or bytes. */
  readonly shape?: z.ZodType
}

/** An answer that is no error. */
export interface Answer {
  readonly description: string
  /** One a media type; empty: no body. */
  readonly content: readonly Content[]
}

/** The parameters of a query, each from its text. */
export type QueryShape = z.ZodObject<Readonly<Record<string, z.ZodType>>>

/** One method of one path: what it takes, gives and needs. The document of the API is made of these. */
export interface Operation<Query extends QueryShape = QueryShape> {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** As express has it: `/api/positions/:id`. */
  readonly path: string
  readonly summary: string
  /** The least role; `open`: a request without a token too, wherever it comes from. */
  readonly needs: Role | 'open'
  /** Absent: it takes no parameter. */
  readonly query?: Query
  /** Any parameter may come, and is ignored: a probe that is refused restarts a guard. */
  readonly takesAnyQuery?: true
  /** Absent: it takes no field. */
  readonly body?: z.ZodType
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>
  /** Codes of errors beside those that every operation may answer. */
  readonly errors?: readonly ErrorCode[]
  /** Headers that a request may have, what each means. */
  readonly headers?: Readonly<Record<string, string>>
  /** Its answers name the path of what they are about in `Location`. */
  readonly hasLocation?: true
  /** Its answers name the address of the next page in `Link`, where one follows. */
  readonly hasLink?: true
  /** Its body may have any media type. */
  readonly takesAnyType?: true
  /** Its answer has no entity tag: it is new each time, is a stream, or never changes. */
  readonly isUntagged?: true
  /** Its answer cannot be kept for a request that is repeated: a stream, or what only reads. */
  readonly isUnkept?: true
}

/** What a handler of an operation gets. */
export interface Call<Query extends QueryShape = QueryShape> {
  readonly request: Request<Readonly<Record<string, string>>>
  readonly response: Response
  readonly query: z.infer<Query>
}

/** Gives the answer; undefined where it has been sent, as a stream has. */
export type Handler<Query extends QueryShape> = (
  call: Call<Query>,
) => Reply | undefined | Promise<Reply | undefined>

/** Adds an operation to the server. */
export type On = <Query extends QueryShape>(
  operation: Operation<Query>,
  handler: Handler<Query>,
) => void

/** What routes need beside the control. */
export interface RouteDeps {
  readonly access: Access
  readonly settings: HttpConfig
  readonly idempotency: Idempotency
  /** The account whose address the routes have; undefined: those of the whole service. */
  readonly account?: string | undefined
  /** Whether the program of a hook keeps stops of its own at the venue; undefined: it is not asked. */
  ownStopsOf(hook: string): 'yes' | 'no' | 'unknown' | undefined
  /** Every operation of the server, once all are there. */
  operations(): readonly Operation[]
}

/** Adds its operations. One file and one registry line each. */
export type Route = (on: On, control: Control, deps: RouteDeps) => void

/** An answer in JSON. */
export const inJson = (
  description: string,
  shape: z.ZodType,
  type = 'application/json',
): Answer => ({ description, content: [{ type, shape }] })
