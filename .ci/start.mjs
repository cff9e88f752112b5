// npm start: the main job on the embedded defaults, after whatever set-up is still needed.
import { spawn } from 'node:child_process'
import { build, checkNode, install, ready, root } from './setup.mjs'

if (!ready(checkNode, install, build)) process.exit(1)
const child = spawn(process.execPath, ['dist/cli/main.js', 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
// The service ends in order by itself, and whoever waits for npm waits for it too. A Ctrl-C reaches
// it from the terminal: sent on, it would be the second one, which ends it at once.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 0 : 1)
})
