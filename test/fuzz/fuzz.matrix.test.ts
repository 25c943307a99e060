import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const script = new URL('fuzz.ts', import.meta.url).pathname

it('every reader of text that somebody else has written answers two minutes of nonsense: no crash, no hang, little memory', () => {
  // The same nonsense each time: what is new is for nights of `npm run fuzz`.
  const options = { encoding: 'utf8', maxBuffer: 1 << 26 } as const
  const { stdout, status } = spawnSync(
    process.execPath,
    [script, '--minutes', '2', '--seed', '6'],
    options,
  )
  expect(stdout).toMatch(/\nfuzz inputs \d{4,} crashes 0 hangs 0 over-memory 0\n$/)
  expect(status).toBe(0)
}, 900_000)
