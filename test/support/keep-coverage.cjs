'use strict'

// A worker of a parallel run is ended by SIGTERM when its exit takes longer than a second, and to write its
// coverage takes longer than that on a busy machine: it ends by itself once that is written.
const isWorker = process.send !== undefined
if (isWorker && process.env.NODE_V8_COVERAGE !== undefined) process.on('SIGTERM', () => undefined)
