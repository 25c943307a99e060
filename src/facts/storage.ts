import type { Facts } from '../model/facts.ts'
import { findValues, readEntries } from './fact.ts'
import type { Fact } from './fact.ts'

type Storage = Pick<Facts, 'rootOnNetwork' | 'rdmaLoaded'>

const networkFilesystems = /^(nfs4?|cifs|smb3|ceph|9p|virtiofs|glusterfs|fuse\.glusterfs|afs)$/
const networkDevices = /^(\/dev\/(nbd|rbd|drbd)\d|[^/\s]+:\/|\/\/)/

/**
 * Does the host's root, or any disk, need the network? /proc/mounts, iSCSI sessions, NVMe over a fabric. A session or
 * fabric counts as root even where it carries another disk: losing that for half a minute is no better.
 * And RDMA modules: they hold the NIC's driver by other means than its reference count.
 */
export const storage: Fact<Storage> = {
  name: 'storage',
  command: `
while read -r device place type rest; do
  if [ "$place" = / ]; then printf 'root %s %s\\n' "$type" "$device"; fi
  : "$rest"
done </proc/mounts
for session in /sys/class/iscsi_session/*; do
  if [ -e "$session" ]; then printf 'fabric iscsi\\n'; fi
done
for controller in /sys/class/nvme/*/transport; do
  say fabric "$controller"
done
for module in irdma i40iw; do
  if [ -d "/sys/module/$module" ]; then printf 'rdma %s\\n' "$module"; fi
done
`,
  parse(body) {
    const entries = readEntries(body)
    const roots = findValues(entries, 'root').map(value => value.split(' '))
    const fabrics = findValues(entries, 'fabric')
    return {
      rootOnNetwork:
        roots.some(
          ([type = '', device = '']) =>
            networkFilesystems.test(type) || networkDevices.test(device),
        ) || fabrics.some(fabric => /^(iscsi|tcp|rdma|fc)$/.test(fabric)),
      rdmaLoaded: findValues(entries, 'rdma'),
    }
  },
}
