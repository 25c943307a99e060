import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { inSlot, makeSlots } from '../../src/remote/slots.ts'

describe('slots', () => {
  it('are handed out in the order of asking', async () => {
    const slots = makeSlots(1)
    const order: string[] = []
    const work = (name: string) => async () => {
      order.push(`${name} begins`)
      await setTimeout(5)
      order.push(`${name} ends`)
    }
    await Promise.all(['a', 'b', 'c'].map(name => inSlot(slots, work(name))))
    expect(order).toEqual(['a', 'b', 'c'].flatMap(name => [`${name} begins`, `${name} ends`]))
    expect(slots.isWanted()).toBe(false)
  })

  it('are free again after work that failed', async () => {
    const slots = makeSlots(1)
    const failing = inSlot(slots, () => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')
    expect(await inSlot(slots, () => Promise.resolve('done'))).toBe('done')
  })

  it('are done without once somebody may wait no longer, and go to the next who waits', async () => {
    const slots = makeSlots(1)
    await slots.take()
    const late = inSlot(slots, () => Promise.resolve('without a slot'), 5)
    const patient = slots.take()
    expect(await late).toBe('without a slot')
    expect(slots.isWanted()).toBe(true)
    slots.give()
    expect(await patient).toBe(true)
    // What was never taken was not given back either.
    expect(await slots.take(1)).toBe(false)
  })
})
