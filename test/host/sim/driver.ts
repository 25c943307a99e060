/** The drivers of the fake hardware, as files that the stubs of readelf, modinfo and insmod understand. */
export type Driver = { readonly name: string; readonly version: string; readonly buildId: string }

export const kernel = '6.1.0-50-amd64'

// Build-ids are those of the facts in test/fixtures, so that plans made from these fit the host.
export const stockI40e: Driver = {
  name: 'i40e',
  version: '1.6.27-k',
  buildId: 'a84b26662b4005d43ae70b1a47b2504c97a4e916',
}

export const stockE1000e: Driver = {
  name: 'e1000e',
  version: kernel,
  buildId: '51762862df3c370eb99ce6f94005d62447a108e6',
}

export const newI40e: Driver = {
  name: 'i40e',
  version: '2.13.10',
  buildId: 'ef094498556b98992da06405d1c1b1774916b7d0',
}

export function stockFile({ name }: Driver): string {
  return `kernel/drivers/net/ethernet/intel/${name}/${name}.ko`
}

export function moduleText({ name, version, buildId }: Driver): string {
  return [
    'a module of the fake kernel',
    `name ${name}`,
    `version ${version}`,
    `vermagic ${kernel} SMP preempt mod_unload modversions`,
    `build-id ${buildId}`,
    'depends',
    'end',
    '',
  ].join('\n')
}

/** PCI address, driver, interface, MAC, pause (autoneg rx tx) of each port. */
export const hardware = [
  '0000:01:00.0 e1000e eno1 52:54:00:00:00:01 on on on',
  '10000:00:00.0 i40e eno3 3c:fd:fe:00:00:03 off off off',
]
