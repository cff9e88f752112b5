// npm start: runs the service on the built-in defaults, after the set-up that is still needed.
import { runChild } from './child.mjs'
import { build, checkNode, install, ready, root } from './setup.mjs'

if (!ready(checkNode, install, build)) process.exit(1)
const given = process.argv.slice(2)
const config = given.includes('--config') ? [] : ['--config', 'config/default.yaml']
runChild(['dist/cli/main.js', 'run', ...config, ...given], { cwd: root })
