// Most code of a test runs a few times: V8 optimizes it once it has run about four times as long as by default, which
// takes a tenth less CPU time, of properties with thousands of runs too.
require('node:v8').setFlagsFromString('--interrupt-budget=500000')
