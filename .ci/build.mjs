// npm run build
import { build, checkNode, install, ready } from './setup.mjs'

if (!ready(checkNode, install, build)) process.exitCode = 1
