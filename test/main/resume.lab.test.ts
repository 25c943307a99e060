import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { quickValuesOf, ready, setBench, until, valuesOf, wordsOf } from './lab.ts'
import { readOpen, readState, readVersion } from './state.ts'

const driver = 'e1000e-3.8.7-lab'
const upgrade = 'playbooks/e1000e-upgrade.yaml'

type Known = {
  readonly run: string
  readonly hosts: readonly {
    readonly standing: { readonly kind: string; readonly state?: string }
  }[]
}

describe.runIf(ready.ok)(
  'a controller that is killed while it changes the port it talks over',
  () => {
    const bench = setBench()

    /** @param builds really, which is long enough to be met in it */
    async function launch(builds: boolean, ...more: string[]): Promise<number> {
      const playbook = join(bench.dir, 'e1000e-upgrade.yaml')
      // Nobody wants to wait for three minutes.
      const text = await readFile(upgrade, 'utf8')
      expect(text).toContain('confirm-within: 180s')
      await writeFile(playbook, text.replace('confirm-within: 180s', 'confirm-within: 60s'))
      const values = builds ? valuesOf(driver) : await quickValuesOf(driver)
      return bench.launch('apply', playbook, '--host', bench.host, ...values, ...more)
    }

    /** The newest run, as this controller's own files tell it. */
    async function newest(): Promise<Known> {
      const { out } = await bench.nicfix('runs', 'ls', '--json')
      const last = (JSON.parse(out) as Known[]).at(-1)
      if (!last) throw new Error('no run')
      return last
    }

    const untilIn = (state: string) =>
      until(`it is ${state}`, async () => (await newest()).hosts[0]?.standing.state === state, 180)

    async function killIn(state: string, pid: number): Promise<string> {
      await untilIn(state)
      process.kill(-pid, 'SIGKILL')
      return (await newest()).run
    }

    test.each(['building', 'trying'])('while %s is followed by nicfix resume', async state => {
      const { host } = bench
      const before = await readState(host)
      const run = await killIn(state, await launch(state === 'building'))
      const open = await bench.nicfix('runs', 'show', run)
      expect(open.out).toContain(`left while ${state}`)

      const resumed = await bench.nicfix('resume', run)
      expect(wordsOf(resumed)).toMatch(/^exit 0\n/)
      expect(resumed.out).toContain('changed, and proven')
      expect(await readVersion(host, 'eno1')).toBe('3.8.7-lab')
      expect(await readOpen(host)).toBe('')
      const ended = await bench.nicfix('runs', 'show', run)
      expect(ended.out).toContain('ended: changed, and proven')

      const back = await bench.nicfix('rollback', run)
      expect(wordsOf(back)).toMatch(/^exit 0\n/)
      expect(await readState(host)).toBe(before)
    })

    test('while it waits for a word is followed by nicfix confirm', async () => {
      const { host } = bench
      const run = await killIn('permitting', await launch(false, '--confirm-by-hand'))
      expect(await readVersion(host, 'eno1')).toBe('3.8.7-lab')
      const looked = await bench.nicfix('resume', run, '--dry-run')
      expect(looked.out).toMatch(/on trial; .*\d+s left · tried · its guard is at work/)
      const confirmed = await bench.nicfix('confirm', run)
      expect(wordsOf(confirmed)).toMatch(/^exit 0\n/)
      expect(confirmed.out).toContain('changed, and proven')
      expect(await readVersion(host, 'eno1')).toBe('3.8.7-lab')
      expect(await readOpen(host)).toBe('')
    })

    test('is not needed for nicfix confirm while it lives, and nobody else may go on with its run', async () => {
      const { host } = bench
      await launch(false, '--confirm-by-hand')
      await untilIn('permitting')
      const { run } = await newest()
      const other = await bench.nicfix('resume', run)
      expect(wordsOf(other)).toMatch(/^exit 7\n[^]*NF7003/)
      const confirmed = await bench.nicfix('confirm', run)
      expect(wordsOf(confirmed)).toMatch(/^exit 0\n[^]*the nicfix that drives the run goes on/)
      const hasEnded = async () => (await newest()).hosts[0]?.standing.kind === 'ended'
      await until('the run has ended', hasEnded, 120)
      expect((await bench.nicfix('runs', 'show', run)).out).toContain('changed, and proven')
      expect(await readVersion(host, 'eno1')).toBe('3.8.7-lab')
    })

    test('and is not followed by anybody leaves a host that takes itself back, which resume then proves', async () => {
      const { host } = bench
      const before = await readState(host)
      const run = await killIn('permitting', await launch(false, '--confirm-by-hand'))
      const watched = await bench.nicfix('status', '--host', host, '--watch')
      expect(watched.out).toContain('on trial')
      expect(watched.out).toContain('rolled back; everything is as it was')
      const resumed = await bench.nicfix('resume', run)
      expect(wordsOf(resumed)).toMatch(/^exit 3\n/)
      expect(resumed.out).toContain('rolled back; everything is as it was')
      expect(await readState(host)).toBe(before)
    })
  },
)
