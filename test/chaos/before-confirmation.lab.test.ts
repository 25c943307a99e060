import { describe, expect, test } from 'vitest'
import { ready } from '../main/lab.ts'
import { wakeAt } from './base.ts'
import { at, setChaosBench } from './bench.ts'
import * as vms from './machine.ts'

describe.runIf(ready.ok)('a power cut before the confirmation boots the old system', () => {
  const bench = setChaosBench('before')

  test.each(['kill', 'quit'] as const)(
    '(%s: what was synced is there, what was not is gone)',
    async by => {
      const { vm, base } = bench.need()
      await wakeAt(vm, base, 'ready')
      await vms.inside(vm, 'cd /root && echo yes >kept && sync kept . && echo no >lost')
      await (by === 'kill' ? vms.cutPower(vm) : vms.turnOff(vm))
      await vms.boot(vm)
      await (await vms.connect(vm, 300)).close()
      expect(await vms.inside(vm, 'cat /root/kept /root/lost 2>&1; exit 0')).not.toContain('no\n')
      expect(await vms.inside(vm, 'cat /root/kept')).toBe('yes\n')
      await vms.turnOff(vm)
    },
  )

  test('while the run is staged: the next run ends it (F20)', async () => {
    const { verdict } = await bench.play('stage', at('stage', 'backed up', 'kill'))
    expect(verdict.outcome).toBe('old')
  })

  test.each([
    ['the copies beside the targets', 'sysrq'],
    ['armed', 'kill'],
    ['the old driver is out', 'sysrq'],
    ['tried', 'quit'],
  ] as const)('while it tries, at "%s" (F21)', async (name, by) => {
    const { verdict } = await bench.play('try', at('try', name, by))
    expect(verdict.outcome).toBe('old')
    expect(verdict.state).toMatch(/^(rolled-back|cancelled)$/)
  })

  test('in the middle of the rollback, and again while the boot takes it up (F24)', async () => {
    const second = { at: 0.7, by: 'kill', delay: 0 } as const
    const { verdict, told } = await bench.play(
      'cancel',
      at('cancel', 'taking back', 'sysrq', 1),
      second,
    )
    expect(told).toBe('rollback accepted')
    expect(verdict).toMatchObject({ outcome: 'old', state: 'rolled-back' })
  })
})
