import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJournal } from '../../src/run/journal.ts'
import { token } from './setup.ts'

const script = new URL('killed-run.ts', import.meta.url).pathname

type Left = { readonly output: string; readonly signal: string; readonly folder: string }

function runKilled(folder: string, at: number, when: string): Promise<Left> {
  const argv = [script, folder, String(at), when]
  // The same modules are loaded some fifty times.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'nicfix-test-cache') }
  return new Promise(resolve => {
    const child = execFile(process.execPath, argv, { env }, (_error, stdout) => {
      resolve({ output: stdout, signal: child.signalCode ?? 'none', folder })
    })
  })
}

/** The effect that each command to the host is a part of. */
const effectOf: Readonly<Record<string, readonly string[]>> = {
  probe: ['probe', 'prove', 'verifyRollback'],
  fire: ['try'],
  wait: ['try', 'persist', 'rollBack', 'waitForHost', 'withdraw'],
}

describe('a controller that is killed at a write of its journal', () => {
  let root = ''
  let writes = 0

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'nicfix-kill-'))
    const whole = await runKilled(await mkdtemp(join(root, 'whole-')), 0, '')
    writes = Number(/^changed (\d+)$/m.exec(whole.output)?.[1])
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  it.each(['before', 'after'])(
    'leaves a journal with an intent for all that it did (%s the write)',
    async when => {
      expect(writes).toBeGreaterThan(20)
      const all = Array.from({ length: writes }, (_, index) => index + 1)
      const check = async (at: number) => {
        const left = await runKilled(await mkdtemp(join(root, 'cut-')), at, when)
        expect(left.signal).toBe('SIGKILL')
        const entries = await readJournal(join(left.folder, 'h1.jsonl'))
        expect(entries).toHaveLength(when === 'before' ? at - 1 : at)
        const witness = join(left.folder, 'witness')
        const done = existsSync(witness) ? (await readFile(witness, 'utf8')).trim().split('\n') : []
        const intents = entries.flatMap(({ kind, effect }) => (kind === 'intent' ? [effect] : []))
        for (const command of done) {
          const wanted = effectOf[command] ?? [command]
          expect(intents.some(intent => wanted.includes(String(intent)))).toBe(true)
        }
        expect(JSON.stringify(entries)).not.toContain(token)
      }
      while (all.length > 0) await Promise.all(all.splice(0, 4).map(check))
    },
    120_000,
  )
})
