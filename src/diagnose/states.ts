import type { PortState } from './collected.ts'
import type { Reading } from './readings.ts'

export type StateName = 'half-duplex' | 'eee-active' | 'interrupts-on-one' | 'slot-narrow'

/** What a setting says, in the words of the output that it was read from; null where it is not so, or not known. */
export function tellState(
  state: StateName,
  port: PortState,
  readings: readonly Reading[],
): { readonly text: string; readonly source: string } | null {
  switch (state) {
    case 'half-duplex':
      return port.carrier && port.duplex === 'half'
        ? { text: `Speed: ${port.speed ?? '?'}Mb/s  Duplex: Half`, source: `ethtool ${port.name}` }
        : null
    case 'eee-active':
      return port.eeeActive
        ? { text: 'EEE status: enabled - active', source: `ethtool --show-eee ${port.name}` }
        : null
    case 'slot-narrow':
      return port.lanes && port.lanes.now < port.lanes.most
        ? {
            text: `${port.lanes.now} of ${port.lanes.most} PCIe lanes in use`,
            source: `current_link_width of ${port.pci}`,
          }
        : null
    case 'interrupts-on-one':
      return tellInterrupts(port, readings)
  }
}

/** Nearly all on one processor of several; a port with few interrupts says nothing. */
function tellInterrupts({ name }: PortState, readings: readonly Reading[]) {
  const [before, after] = [readings[0], readings.at(-1)].map(each => each?.interrupts.get(name))
  if (!before || !after || readings.length < 2) return null
  const moved = after.map((count, cpu) => Math.max(0, count - (before[cpu] ?? 0)))
  const all = moved.reduce((sum, each) => sum + each, 0)
  const most = Math.max(...moved)
  if (moved.length < 2 || all < 1000 || most < all * 0.95) return null
  const text = `${most} of ${all} interrupts on processor ${moved.indexOf(most)} of ${moved.length}`
  return { text, source: '/proc/interrupts' }
}
