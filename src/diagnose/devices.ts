import { portName } from './subject.ts'
import type { Subject } from './subject.ts'

/** A port, as far as logs and collected outputs tell of it. */
export type Device = {
  readonly pci: string | null
  name: string | null
  driver: string | null
  version: string | null
  /** Whether the host has it now; null where nothing but logs was read. */
  readonly present: boolean | null
  firmware: string | null
  /** The line of lspci(8). */
  model: string | null
  /** The last "NIC Link is Up …" of a log. */
  lastUp: string | null
  /** "Advertised pause frame use" of `ethtool`. */
  advertisedPause: string | null
}

export type Known = Pick<
  Device,
  'driver' | 'version' | 'firmware' | 'model' | 'advertisedPause'
> & {
  readonly name: string
  readonly pci: string
}

/** Drivers of network ports. A PCI device that none of these has is not taken for a port. */
const drivers = new Set(
  `3c59x 8139cp 8139too alx amd-xgbe atl1 atl1c atl1e atlantic b44 be2net bna bnx2 bnx2x bnxt_en cxgb3 cxgb4 cxgb4vf e100
  e1000 e1000e ena enic enetc fec fm10k forcedeth funeth gve hinic hisi_hns3 hns3 i40e i40evf iavf ice idpf igb igbvf igc
  ionic ixgb ixgbe ixgbevf jme lan743x liquidio mlx4_core mlx4_en mlx5_core mvneta mvpp2 myri10ge ne2k-pci netxen_nic nfp
  ngbe octeontx2 pcnet32 qede qlcnic qlge r8125 r8126 r8168 r8169 rvu_nicpf rvu_nicvf sfc sfc_ef100 sis900 skge sky2
  stmmac tehuti tg3 thunderxvnic tsnep txgbe via-rhine via-velocity virtio_net vmxnet3`
    .split(/\s+/)
    .filter(word => word !== ''),
)

export const isPortDriver = (driver: string): boolean => drivers.has(driver)

/** No host has as many; a log that names more is no log of a host. */
const mostDevices = 4096

/** All ports, found again by PCI address, or by the name that they have at that point of the log. */
export type Devices = {
  /** The port that a message is about; null where it is no port, as far as can be known. */
  find(subject: Subject): Device | null
  /** A port has got another name: "renamed from eth0". */
  rename(device: Device, from: string): void
  /** That is the name of the port. */
  call(device: Device, name: string): void
  /** A driver has said its version when it was loaded. */
  setVersion(driver: string, version: string | null): void
  /** Names of before a boot say nothing of after it. */
  forgetNames(): void
  all(): readonly Device[]
  /** Grows whenever a message could be about another port than before. */
  changes(): number
  /** A port that was known by its name only, as the one whose address came to light later. */
  settle(device: Device): Device
}

export function startDevices(known: readonly Known[]): Devices {
  const byPci = new Map<string, Device>()
  const byName = new Map<string, Device>()
  const everyone: Device[] = []
  let changes = 0
  const same = new Map<Device, Device>()
  const versions = new Map<string, string | null>()
  for (const { name, pci, driver, version, firmware, model, advertisedPause } of known) {
    const about = { driver, version, firmware, model, advertisedPause, lastUp: null }
    const device: Device = { pci, name, present: true, ...about }
    everyone.push(device)
    byPci.set(pci, device)
    byName.set(name, device)
  }

  const create = (pci: string | null, { driver, name }: Subject): Device => {
    const version = driver === null ? null : (versions.get(driver) ?? null)
    const present = known.length > 0 ? false : null
    const about = { firmware: null, model: null, advertisedPause: null, lastUp: null }
    const device: Device = { pci, name, driver, version, present, ...about }
    everyone.push(device)
    changes += 1
    return device
  }

  const bind = (device: Device, name: string): void => {
    if (!portName.test(name)) return
    const before = byName.get(name)
    if (before === device) return
    changes += 1
    if (before?.pci === null) same.set(before, device)
    byName.set(name, device)
    // What the host calls it now is better than what a log once called it.
    if (!(device.present && device.name !== null)) device.name = name
  }

  return {
    find(subject) {
      const { pci, name, driver } = subject
      if (pci !== null) {
        const isPort = driver !== null && isPortDriver(driver)
        const isRoom = everyone.length < mostDevices
        const device = byPci.get(pci) ?? (isPort && isRoom ? create(pci, subject) : null)
        if (!device) return null
        byPci.set(pci, device)
        // Another driver may have taken it since; what the host says now is never older.
        if (isPort && !(device.present && device.driver !== null)) device.driver = driver
        if (name !== null && isPort) bind(device, name)
        return device
      }
      if (name === null || !portName.test(name)) return null
      const device = byName.get(name)
      if (device) {
        // The same name under another driver is another port.
        if (driver === null || device.driver === null || sameDriver(device.driver, driver))
          return device
        if (device.present) return null
      }
      if (driver === null || !isPortDriver(driver) || everyone.length >= mostDevices) return null
      const made = create(null, subject)
      byName.set(name, made)
      return made
    },
    rename(device, from) {
      changes += 1
      if (byName.get(from) === device) byName.delete(from)
    },
    call: bind,
    setVersion(driver, version) {
      versions.set(driver, version)
      for (const device of everyone)
        if (device.driver === driver && !device.present) device.version = version
    },
    changes: () => changes,
    forgetNames() {
      changes += 1
      for (const [name, device] of byName) if (!device.present) byName.delete(name)
    },
    all: () => [...new Set(everyone.map(settle))],
    settle,
  }

  function settle(device: Device): Device {
    return same.get(device) ?? device
  }
}

/** mlx4 is two modules, and the ports belong to the second one. */
const baseOf = (driver: string): string => driver.replace(/_(core|en)$/, '')

const sameDriver = (one: string, other: string): boolean => baseOf(one) === baseOf(other)
