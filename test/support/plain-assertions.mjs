import { config } from 'chai'

// The check of types finds misspelt assertions; chai would wrap each assertion in a proxy to find them.
config.useProxy = false
