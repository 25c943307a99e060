import { registerHooks } from 'node:module'

// For `node --import`: nicfix as it is, but for the one module that makes connections. Plain JavaScript, since what strips types
// would stay in memory.
const real = new URL('../../src/remote/ssh.ts', import.meta.url).href
const simulated = new URL('simulated.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    return found.url === real ? { ...found, url: simulated } : found
  },
})
