import fc from 'fast-check'

// A run of every day tries the same cases each time: what fails has been broken by a change. `npm run test:long`
// tries new ones.
if (process.env.PROPERTY_RUNS === undefined) fc.configureGlobal({ seed: 20_261_128 })
