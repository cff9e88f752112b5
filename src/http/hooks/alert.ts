import type { HookConfig } from '../../config/hook-schema.ts'

/** What a webhook asks for. `account`: the account that the message names, where the hook has none. */
export type Alert = { readonly account?: string } & Asked

type Asked =
  | {
      readonly kind: 'guard'
      /** Two messages with the same key are one. */
      readonly key: string
      /** Fields of a positions file. */
      readonly position: Readonly<Record<string, unknown>> & { readonly id: string }
    }
  | {
      readonly kind: 'tighten'
      readonly key: string
      readonly positionId: string
      /** Price of the stop. */
      readonly stop: number
    }
  | { readonly kind: 'exit'; readonly key: string; readonly positionId: string }
  /** Nothing is to be done: what the account holds says the same. */
  | { readonly kind: 'noted'; readonly key: string }

/** The name of an instrument here. */
export const instrumentIn = ({ instruments }: HookConfig, name: string): string =>
  Object.hasOwn(instruments, name) ? instruments[name]! : name
