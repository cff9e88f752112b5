import { spawnSync } from 'node:child_process'

/** A command that makes the command after it process 1 of a namespace of its own. */
export const AS_PROCESS_1 = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] as const

/** Whether this machine allows such a namespace. */
export function hasNamespaces(): boolean {
  const [command, ...args] = AS_PROCESS_1
  return spawnSync(command, [...args, 'true']).status === 0
}
