import type { Moment } from './contender.ts'
import type { Driver, Kind } from './modules.ts'

/** What happens to whoever is at work. */
export type Fault = {
  readonly name: string
  readonly about: string
  readonly drivers: readonly Driver[]
  /** How the new module behaves. */
  readonly kind: Kind
  /** What is done at which moment of the work. */
  readonly blow?: { readonly at: Moment; readonly by: 'kill' | 'cut' | 'power' }
  /** Run on the host before. */
  readonly before?: string
}

const both: readonly Driver[] = ['i40e', 'e1000e']
const beside: readonly Driver[] = ['i40e']

// `tune2fs -m 0`: else the reserve that root may use is still there. The last 64 MB are written, not reserved: how many blocks
// the file system needs to keep account of a file is its own affair. Four blocks are less than any of the modules.
const fill = `tune2fs -m 0 /dev/vda1 >/dev/null
sync; sleep 1
free=$(stat -f -c %f /)
fallocate -l $((free * $(stat -f -c %S /) - 67108864)) /root/filler || exit 1
cat /dev/zero >/root/rest 2>/dev/null
sync; truncate -s -16K /root/rest
sync; stat -f -c %f /`

/** The same for everyone. `none` is the control: it also shows what "new" looks like where this contender is done. */
export const faults: readonly Fault[] = [
  { name: 'none', about: 'no fault', drivers: both, kind: 'good' },
  {
    name: 'killed',
    about: 'controller SIGKILLed, driver just unloaded',
    drivers: both,
    kind: 'good',
    blow: { at: 'unloaded', by: 'kill' },
  },
  {
    name: 'cut-off',
    about: 'SSH cut for good, driver just unloaded',
    drivers: both,
    kind: 'good',
    blow: { at: 'unloaded', by: 'cut' },
  },
  { name: 'no-carrier', about: 'new driver never has a link', drivers: both, kind: 'nocarrier' },
  { name: 'insmod-fails', about: 'new driver refuses to load', drivers: both, kind: 'init' },
  { name: 'panic', about: 'new driver panics the kernel', drivers: both, kind: 'panic' },
  {
    name: 'disk-full',
    about: 'disk full at the copy',
    drivers: beside,
    kind: 'good',
    before: fill,
  },
  {
    name: 'power-copy',
    about: 'power cut while the module is copied',
    drivers: beside,
    kind: 'good',
    blow: { at: 'copying', by: 'power' },
  },
  {
    name: 'power-depmod',
    about: 'power cut, module replaced, depmod not done',
    drivers: beside,
    kind: 'good',
    blow: { at: 'replaced', by: 'power' },
  },
  {
    name: 'power-reload',
    about: 'power cut, driver just unloaded',
    drivers: both,
    kind: 'good',
    blow: { at: 'unloaded', by: 'power' },
  },
  {
    name: 'power-rollback',
    about: 'power cut on the way back from a bad driver',
    drivers: beside,
    kind: 'init',
    blow: { at: 'going back', by: 'power' },
  },
]

/** What the watcher writes to the serial port when somebody outside shall act. */
export const mark = 'lab: now'

/**
 * Runs on the host at low priority until the moment is there. A power cut comes just after the file system has
 * committed its journal, as it does every five seconds and whenever any program syncs a file: what is only in memory
 * then is lost, and what the journal knows of it is not.
 */
export function watcher(when: string, by: NonNullable<Fault['blow']>['by']): string {
  const act =
    by === 'power'
      ? `: >/var/tmp/other; sync /var/tmp/other; echo '${mark}' >/dev/ttyS0; echo b >/proc/sysrq-trigger`
      : `echo '${mark}' >/dev/ttyS0`
  return `kernel=$(uname -r)
any() { for file in "$@"; do [ ! -e "$file" ] || return 0; done; return 1; }
newer() { [ "$1" -nt /run/lab-watch ]; }
: >/run/lab-watch
renice -n 10 $$ >/dev/null
until ${when}; do :; done
${act}
`
}
