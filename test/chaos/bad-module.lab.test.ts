import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { buildModule } from '../../src/lab/lab.ts'
import { ready } from '../main/lab.ts'
import { wakeAt } from './base.ts'
import { setChaosBench } from './bench.ts'
import * as controller from './controller.ts'
import { judge } from './judge.ts'
import type { Seen } from './look.ts'
import { look, settle } from './look.ts'
import * as vms from './machine.ts'
import { quickPackage } from '../main/quick.ts'

const driver = 'i40e-2.13.10'
const installed = '/lib/modules/$(uname -r)/updates/drivers/net/ethernet/intel/i40e/i40e.ko'
const record = '/var/lib/nicfix/boot.d/i40e'

/** Files that differ; not the banner that asks for help, nor directories in which nothing is. */
function changedFiles(before: Seen, now: Seen): string[] {
  const [was, is] = [new Set(before.files), new Set(now.files)]
  const missing = before.files.filter(line => !is.has(line))
  const more = now.files.filter(line => !was.has(line) && !/^\S+ d |motd/.test(line))
  return [...missing, ...more]
}

describe.runIf(ready.ok)('a module that takes the kernel down with it', () => {
  const bench = setChaosBench('bad')

  /** A run of that package up to the armed guard, from the host as it was at first. */
  async function arm(misbehaviour: string) {
    const { vm, base } = bench.need()
    await vms.turnOff(vm)
    await wakeAt(vm, base, 'ready')
    const run = controller.newRun(vm)
    const bad = await quickPackage(`${driver}-${misbehaviour}`)
    const plan = await controller.planUpgrade(run, bad)
    if (!plan) throw new Error('there is nothing to upgrade')
    await controller.stage(run, plan, bad)
    await controller.build(run)
    return run
  }

  async function comeUp(): Promise<Seen> {
    const { vm } = bench.need()
    await vms.boot(vm)
    await (await vms.connect(vm, 300)).close()
    expect(await settle(vm)).toBe('')
    return look(vm)
  }

  /** The committed driver, exchanged for one that misbehaves: as if it did so only now. Then the power is cut. */
  async function spoilInstalled(misbehaviour: string) {
    const { vm, base } = bench.need()
    await vms.turnOff(vm)
    await wakeAt(vm, base, 'committed')
    const connection = await vms.connect(vm)
    const stdin = await readFile(await buildModule(`${driver}-${misbehaviour}`))
    const spoil = `set -e; file=${installed}; cat >$file
      build=$(readelf -n $file | sed -n 's/^ *Build ID: *//p' | head -n 1)
      sed -i -e "s/^sha256 .*/sha256 $(sha256sum <$file | cut -d' ' -f1)/" -e "s/^build-id .*/build-id $build/" ${record}
      sync`
    const exit = await connection.run(spoil, { stdin, timeoutMs: 30_000 })
    expect(exit).toMatchObject({ kind: 'exited', code: 0 })
    await vms.cutPower(vm)
  }

  test('panics in the trial: the host reboots into what it was (F40)', async () => {
    const { vm, base } = bench.need()
    const run = await arm('panic')
    await expect(controller.tryIt(run)).rejects.toThrow(/connection|answer/)
    expect(await vms.goesOff(vm, 30)).toBe(true)
    expect(await vms.readSerial(vm)).toContain('told to panic')
    const seen = await comeUp()
    const { outcome, mixed, false: lies } = judge(base, run.id, run.told, seen, true)
    expect({ outcome, mixed, lies }).toEqual({ outcome: 'old', mixed: [], lies: [] })
  })

  test('never ends loading in the trial: the files stay as they were, and the host cries for help (F36, R33)', async () => {
    const { vm, base } = bench.need()
    const run = await arm('hang')
    await expect(controller.tryIt(run)).rejects.toThrow(/failed/)
    const seen = await look(vm)
    expect(changedFiles(base.old, seen)).toEqual([])
    expect(seen.tokens).toEqual([`${run.id}/token/failed`])
    expect(await vms.inside(vm, 'cat /var/lib/nicfix/tx/*/MANUAL.txt')).toMatch(
      /still wrong: .*i40e/,
    )
    // By hand: only a boot gets rid of it. The run is ended by asking for the way back once more.
    await controller.hangUp(run)
    await vms.cutPower(vm)
    await comeUp()
    await controller.recover(run)
    await controller.hangUp(run)
    const { outcome, mixed, false: lies } = judge(base, run.id, 'armed', await look(vm), true)
    expect({ outcome, mixed, lies }).toEqual({ outcome: 'old', mixed: [], lies: [] })
  })

  test('never ends unloading: the rollback takes back the files and says what it cannot (F36, R33)', async () => {
    const { vm, base } = bench.need()
    const run = await arm('hangexit')
    await controller.tryIt(run)
    await expect(controller.takeBack(run, 'cancel')).rejects.toThrow(/failed/)
    const seen = await look(vm)
    expect(changedFiles(base.old, seen)).toEqual([])
    expect(seen.tokens).toEqual([`${run.id}/token/failed`])
    expect(await vms.inside(vm, 'cat /var/lib/nicfix/tx/*/MANUAL.txt')).toMatch(
      /cannot be unloaded/,
    )
  })

  test.each(['panic', 'hang'])(
    'has a %s when the boot hook loads it: the next boots stay on the stock driver and say why (R23, F40)',
    async way => {
      const { vm, base } = bench.need()
      await spoilInstalled(way)
      await vms.boot(vm)
      await vms.until('it resets itself, or the hook gives up', 400, async () => {
        const said = async () => (await vms.inside(vm, 'dmesg')).includes('failed, going back')
        return !vms.isOn(vm) || (way === 'hang' && (await said()))
      })
      await vms.cutPower(vm)
      // Twice after a panic: it has disabled itself, and does not boot in a circle.
      for (let boots = way === 'panic' ? 2 : 1; boots > 0; boots -= 1) {
        const seen = await comeUp()
        expect(seen.loaded).toBe(base.old.loaded)
        expect(seen.attempts).toEqual(['boot.attempt-i40e'])
        expect(seen.told.join('\n')).toMatch(
          /left alone: the attempt of an earlier boot did not come back/,
        )
        await vms.cutPower(vm)
      }
    },
  )
})
