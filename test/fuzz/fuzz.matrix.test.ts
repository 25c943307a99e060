import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const script = new URL('fuzz.ts', import.meta.url).pathname

it('every reader of text that somebody else has written answers two minutes of nonsense: no crash, no hang, little memory', () => {
  // A seed of its own each time: what is found tells how to find it again.
  const options = { encoding: 'utf8', maxBuffer: 1 << 26 } as const
  const { stdout, status } = spawnSync(process.execPath, [script, '--minutes', '2'], options)
  expect(stdout).toMatch(/\nfuzz inputs \d{4,} crashes 0 hangs 0 over-memory 0\n$/)
  expect(status).toBe(0)
}, 900_000)
