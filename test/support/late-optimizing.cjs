// Most code of a test runs a few times: V8 optimizes it once it has run about seven times as long as by default, which
// takes a tenth less CPU time, of properties with thousands of runs too. Node 22 and later have no such flag.
const { setFlagsFromString } = require('node:v8')

if (Number(process.versions.node.split('.')[0]) < 22)
  setFlagsFromString('--interrupt-budget=500000')
