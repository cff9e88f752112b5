import { spawnSync } from 'node:child_process'

/** The command that makes what follows it process 1 of a namespace of its own. */
export const AS_PROCESS_1 = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] as const

/** Whether this machine lets us make such a namespace. */
export function hasNamespaces(): boolean {
  const [command, ...args] = AS_PROCESS_1
  return spawnSync(command, [...args, 'true']).status === 0
}
