/** What the kill switch does: nothing, ask for no new entries, exit everything, send nothing. */
export type KillSwitchState = 'off' | 'block' | 'flatten' | 'halt'

/** The switch as it is kept. Only a person moves it. */
export interface KillSwitch {
  readonly state: KillSwitchState
  /** Epoch ms of the last change; null if there was none. */
  readonly since: number | null
  readonly by: { readonly who: string; readonly from: string } | null
}

/** The switch of a service that no person has moved. */
export const OFF: KillSwitch = { state: 'off', since: null, by: null }

/** Whether orders may leave. */
export const maySend = ({ state }: KillSwitch): boolean => state !== 'halt'
