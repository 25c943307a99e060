import { describe, expect, test } from 'vitest'
import { ready } from '../main/lab.ts'
import { at, setChaosBench } from './bench.ts'

describe.runIf(ready.ok)('a power cut after the confirmation leaves all old or all new', () => {
  const bench = setChaosBench('after')

  test('right at the confirmation: whatever was answered is kept or taken back on record (F22)', async () => {
    const { verdict } = await bench.play('confirm', at('confirm', 'confirmed'))
    expect(verdict.outcome).toMatch(/^(old|new)$/)
  })

  test.each([
    ['the module is installed', 'kill'],
    ['depmod has begun', 'sysrq'],
    ['the record is written', 'reset'],
  ] as const)('while the files are written, at "%s" (F23)', async (name, by) => {
    const { verdict } = await bench.play('confirm', at('confirm', name, by))
    expect(verdict.state).toMatch(/^(committed|rolled-back)$/)
  })

  test('committed: the boot hook swaps to the new driver', async () => {
    const { verdict } = await bench.play('confirm', at('confirm', 'ended', 'kill'))
    expect(verdict).toMatchObject({ outcome: 'new', state: 'committed' })
  })

  test('in the swap of the boot hook: the next boot stays on the stock driver and says so (R23)', async () => {
    const swap = at('boot', 'the stock driver is out')
    const { verdict } = await bench.play('rest', { at: 0.5, by: 'quit', delay: 0 }, swap)
    expect(verdict).toMatchObject({ outcome: 'new', state: 'committed' })
  })

  test('in the rollback of a committed run: it is taken up at boot (F24)', async () => {
    const { verdict } = await bench.play('undo', at('undo', 'the module is gone'))
    expect(verdict).toMatchObject({ outcome: 'old', state: 'rolled-back' })
  })
})
