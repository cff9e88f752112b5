import type { WatchkeeperClient } from '../client/watchkeeper-client.ts'
import { callTool } from './call.ts'
import { linesOf, LONGEST_MESSAGE } from './lines.ts'
import {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  messageOf,
  METHOD_NOT_FOUND,
  type RequestId,
  type RpcFault,
} from './messages.ts'
import { listedTool, type Tool } from './tool.ts'
import { toolsOf } from './tools.ts'
import { agreedVersion, eraOf, VERSIONS } from './versions.ts'

export interface McpOptions {
  readonly client: WatchkeeperClient
  /** Release of watchkeeper. */
  readonly version: string
  /** Offer the tool `exit`. */
  readonly allowExit: boolean
  /** Messages of the client. */
  readonly input: AsyncIterable<Buffer | string>
  /** Takes one message with its end of line; resolves when the next one may come. */
  send(text: string): Promise<void>
}

/** Most calls under way; further messages wait in the pipe. */
const MOST_CALLS = 16

const INSTRUCTIONS =
  'watchkeeper guards the open positions of a trading account. You may ask anything, add a position and ' +
  'tighten rules. You cannot loosen or remove protection, release a position or move the kill switch: where ' +
  'that is wanted, ask the person to do it. A null in an answer is unknown, never zero.'

/** Rights of the lists of an agent: they change with a version only, and belong to one user. */
const CACHED = { ttlMs: 3_600_000, cacheScope: 'private' } as const

type Result = Readonly<Record<string, unknown>>

/**
 * Serves the Model Context Protocol, line by line, until the input ends: revisions with a handshake (2024-11-05 to
 * 2025-11-25) and the stateless one (2026-07-28), each request by itself.
 *
 * https://modelcontextprotocol.io/specification
 */
export async function serveMcp(options: McpOptions): Promise<void> {
  const tools = toolsOf(options)
  const calls = new Set<Promise<void>>()
  for await (const line of linesOf(options.input)) {
    if (line.kind === 'too long') {
      const message = `the message is longer than ${LONGEST_MESSAGE} bytes`
      await fail(null, { code: INVALID_REQUEST, message })
      continue
    }
    const message = messageOf(line.text)
    if (message.kind === 'notification') continue
    if (message.kind === 'wrong') {
      await fail(message.id, message.fault)
      continue
    }
    const call: Promise<void> = answer(message.id, message.method, message.params).finally(() =>
      calls.delete(call),
    )
    calls.add(call)
    if (calls.size >= MOST_CALLS) await Promise.race(calls)
  }
  await Promise.all(calls)

  async function answer(id: RequestId, method: string, params: Result): Promise<void> {
    const era = eraOf(params)
    if (typeof era === 'object') return fail(id, era)
    const result = await resultOf(method, params, { ...options, tools }).catch(
      (error: unknown): Outcome => ({ fault: { code: INTERNAL_ERROR, message: String(error) } }),
    )
    if ('fault' in result) return fail(id, result.fault)
    const typed = era === 'stateless' ? { resultType: 'complete', ...result.value } : result.value
    return send({ jsonrpc: '2.0', id, result: typed })
  }

  function fail(id: RequestId | null, error: RpcFault): Promise<void> {
    return send({ jsonrpc: '2.0', id, error })
  }

  function send(message: unknown): Promise<void> {
    return options.send(`${JSON.stringify(message)}\n`)
  }
}

type Outcome = { readonly value: Result } | { readonly fault: RpcFault }

async function resultOf(
  method: string,
  params: Result,
  { client, version, tools }: McpOptions & { readonly tools: readonly Tool[] },
): Promise<Outcome> {
  const serverInfo = { name: 'watchkeeper', version }
  const capabilities = { tools: {} }
  switch (method) {
    case 'initialize': {
      const protocolVersion = agreedVersion(params['protocolVersion'])
      return {
        value: { protocolVersion, capabilities, serverInfo, instructions: INSTRUCTIONS },
      }
    }
    case 'server/discover':
      return {
        value: {
          supportedVersions: VERSIONS,
          capabilities,
          instructions: INSTRUCTIONS,
          ...CACHED,
          _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo },
        },
      }
    case 'ping':
      return { value: {} }
    case 'tools/list':
      return { value: { tools: tools.map(listedTool), ...CACHED } }
    case 'tools/call': {
      const { name, arguments: given = {} } = params
      const found = tools.find(each => each.name === name)
      if (found !== undefined) return { value: await callTool(found, client, given) }
      const message = `Unknown tool: ${String(name)}; found ${tools.map(each => each.name).join(', ')}`
      return { fault: { code: INVALID_PARAMS, message } }
    }
    default:
      return { fault: { code: METHOD_NOT_FOUND, message: `Method not found: ${method}` } }
  }
}
