// npm start: the main job on the embedded defaults, after whatever set-up is still needed.
import { spawn } from 'node:child_process'
import { build, checkNode, install, ready, root } from './setup.mjs'

const EXAMPLE = [
  'replay',
  ...['--positions', 'config/example/positions.yaml'],
  ...['--ticks', 'config/example/day.csv.gz'],
]

if (!ready(checkNode, install, build)) process.exit(1)
const child = spawn(process.execPath, ['dist/cli/main.js', ...EXAMPLE, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 0 : 1)
})
