import { hostSays, linux, rises, says } from './signature.ts'
import type { Signature } from './signature.ts'

/** Troubles of the host as a whole. Those of its memory and kernel come before any port. */
export const hostSignatures: readonly Signature[] = [
  {
    id: 'bad-page-state',
    stage: 'host',
    weight: 'stop',
    title: 'the kernel found a page of memory in a state that it must not be in',
    symptoms: [hostSays('BUG: Bad page', /^BUG: Bad page (?:state|map|cache) in process /)],
    cause:
      'Defective memory, or code of the kernel that writes where it must not: often a module from outside the kernel. A link that fails on such a host may only be a consequence.',
    advice: [
      'Test the memory before anything else: memtest86+ for a night, and the counters of `ras-mc-ctl --summary` where it has ECC.',
      'Look at the "Tainted:" line of the report: modules from outside the kernel (O) are the next suspects.',
      'Change no driver on this host until that is settled.',
    ],
    sources: [linux('mm/page_alloc.c'), linux('Documentation/admin-guide/tainted-kernels.rst')],
  },
  {
    id: 'machine-check',
    stage: 'host',
    weight: 'stop',
    title: 'the processor reported a hardware error',
    symptoms: [
      hostSays(
        '[Hardware Error]',
        /\[Hardware Error\]: (?:CPU \d+: Machine Check(?: Exception)?:|Machine check events logged|Machine check: |event severity: (?:fatal|recoverable|panic))/,
      ),
    ],
    cause:
      'Memory, cache, bus or the processor itself failed. What the network does on such a host proves nothing about its driver.',
    advice: [
      'Decode it: `ras-mc-ctl --errors` or `journalctl -u rasdaemon`; on a server also the log of the BMC: `ipmitool sel list`.',
      'Have the part that is named replaced; change no driver until then.',
    ],
    sources: [linux('arch/x86/kernel/cpu/mce/core.c'), linux('drivers/firmware/efi/cper.c')],
  },
  {
    id: 'memory-uncorrected',
    stage: 'host',
    weight: 'stop',
    title: 'the memory has errors that ECC could not correct',
    symptoms: [hostSays('EDAC MC', /^EDAC MC\d+: \d+ UE /)],
    cause: 'A memory module is defective.',
    advice: ['Replace the module that the line names; change no driver until then.'],
    sources: [linux('drivers/edac/edac_mc.c')],
  },
  {
    id: 'memory-corrected',
    stage: 'host',
    weight: 'finding',
    title: 'the memory has errors that ECC corrected',
    symptoms: [hostSays('EDAC MC', /^EDAC MC\d+: \d+ CE /)],
    cause: 'One now and then is ordinary; many on one module announce its end.',
    advice: [
      'Count them by module: `ras-mc-ctl --error-count`. Plan the replacement of one that keeps counting.',
    ],
    sources: [linux('drivers/edac/edac_mc.c')],
  },
  {
    id: 'kernel-oops',
    stage: 'host',
    weight: 'stop',
    title: 'the kernel has crashed in part (oops)',
    symptoms: [
      hostSays(
        [
          'BUG: unable to handle',
          'BUG: kernel NULL pointer',
          'kernel BUG at',
          'general protection fault',
        ],
        /^(?:BUG: unable to handle |BUG: kernel NULL pointer dereference|(?:------------\[ cut here \]------------ ?)?kernel BUG at |general protection fault(?:, probably|: \d{4} \[#))/,
      ),
    ],
    cause:
      'Whatever the kernel does after an oops is not to be relied on; loading a driver into it least of all.',
    advice: [
      'Read the call trace for the module that it went through, and report it there.',
      'Boot the host anew before anything is changed on it.',
    ],
    sources: [linux('Documentation/admin-guide/bug-hunting.rst')],
  },
  {
    id: 'cpu-stall',
    stage: 'host',
    weight: 'finding',
    title: 'a processor did not get on for many seconds',
    symptoms: [
      hostSays(
        [
          'soft lockup',
          'hard LOCKUP',
          'self-detected stall',
          'detected stalls on CPUs',
          'detected expedited stalls',
        ],
        /^(?:watchdog: )?(?:BUG: soft lockup - CPU#\d+ stuck for |(?:NMI )?[Ww]atchdog.*hard LOCKUP|Watchdog detected hard LOCKUP)|^(?:rcu: )?(?:INFO: )?\w+ (?:self-detected stall on CPU|detected (?:expedited )?stalls on CPUs)/,
      ),
    ],
    cause:
      'While a processor stands still, the queues that it serves stand still as well: a transmit timeout near such a line is a consequence, and no fault of the driver.',
    advice: [
      'Find what held the processor: the call trace below the line; on a guest, an overloaded hypervisor (`steal` in top).',
      'Judge transmit timeouts only where there is no such line near them.',
    ],
    sources: [linux('kernel/watchdog.c'), linux('kernel/rcu/tree_stall.h')],
  },
  {
    id: 'interrupt-unhandled',
    stage: 'host',
    weight: 'finding',
    title: 'the kernel switched an interrupt off because nobody answered it',
    symptoms: [hostSays('nobody cared', /^irq \d+: nobody cared/)],
    cause: 'Devices that share the line do not work any more, or only by polling.',
    advice: [
      'See who shares it: `grep " N:" /proc/interrupts` with the number from the line.',
      'BIOS update; MSI instead of the shared line where the driver has a choice.',
    ],
    sources: [linux('kernel/irq/spurious.c')],
  },
  {
    id: 'memory-short',
    stage: 'drops',
    weight: 'finding',
    title: 'the kernel had no memory at hand when it needed some at once',
    symptoms: [hostSays('page allocation failure', /^\S+: page allocation failure[:.] ?order:/)],
    cause:
      'Drivers refill their receive rings in interrupts, where they cannot wait: frames are lost meanwhile.',
    advice: ['Raise vm.min_free_kbytes, and see what takes the memory.'],
    sources: [linux('mm/page_alloc.c'), linux('Documentation/admin-guide/sysctl/vm.rst')],
  },
  {
    id: 'conntrack-full',
    stage: 'drops',
    weight: 'finding',
    title: 'packets are dropped because the table of connections is full',
    symptoms: [
      hostSays('nf_conntrack: ', /^nf_conntrack: (?:nf_conntrack: )?table full, dropping packet/),
    ],
    cause: 'The firewall drops packets that the port has received well. No driver is to blame.',
    advice: ['Raise net.netfilter.nf_conntrack_max, or find who opens so many: `conntrack -S`.'],
    sources: [linux('net/netfilter/nf_conntrack_core.c')],
  },
  {
    id: 'neighbour-full',
    stage: 'drops',
    weight: 'finding',
    title: 'packets are dropped because the neighbour (ARP) table is full',
    symptoms: [hostSays('neighbor table overflow', /neighbor table overflow!/)],
    cause:
      'More hosts in the segment than net.ipv4.neigh.default.gc_thresh3 allows; a scan or a loop will do that, too.',
    advice: [
      'Raise gc_thresh1 to gc_thresh3 in net.ipv4.neigh.default (and ipv6), or make the segment smaller.',
    ],
    sources: [linux('net/core/neighbour.c')],
  },
  {
    id: 'backlog-full',
    stage: 'drops',
    weight: 'finding',
    title: 'packets are dropped between driver and stack: the backlog of a processor is full',
    symptoms: [rises('backlog-drop')],
    cause:
      'Second column of /proc/net/softnet_stat: receive packet steering, veth or a driver without NAPI hand over faster than the processor takes.',
    advice: [
      'Raise net.core.netdev_max_backlog, and spread interrupts or RPS over more processors.',
    ],
    sources: [linux('net/core/net-procfs.c')],
  },
  {
    id: 'budget-short',
    stage: 'drops',
    weight: 'note',
    title: 'processors often end their receive round with work left',
    symptoms: [rises('time-squeeze', { perSecond: 10 })],
    cause:
      'Third column of /proc/net/softnet_stat. Nothing is lost by that; it says that a processor is busy.',
    advice: [
      'Where frames are missed as well: net.core.netdev_budget and netdev_budget_usecs, and more processors for the interrupts.',
    ],
    sources: [linux('net/core/net-procfs.c')],
  },
  {
    id: 'socket-full',
    stage: 'drops',
    weight: 'finding',
    title: 'UDP packets are dropped because the program does not read its socket in time',
    symptoms: [rises('udp-buffer')],
    cause: 'RcvbufErrors of /proc/net/snmp: the packets had come through port, driver and stack.',
    advice: [
      'Find the socket: `ss -uanm` (d in skmem). Raise net.core.rmem_max and the program’s own buffer.',
    ],
    sources: [linux('Documentation/networking/snmp_counter.rst')],
  },
]

/** Drivers that the kernel refused to load: there is no port then that could have the trouble. */
export const moduleSignatures: readonly Signature[] = [
  {
    id: 'module-stripped',
    stage: 'device',
    weight: 'finding',
    title: 'a driver was refused because all its symbols were stripped',
    symptoms: [
      { ...says('module has no symbols', /module has no symbols \(stripped\?\)/), about: 'driver' },
    ],
    cause:
      '`strip` without -d takes the symbol table away, which the kernel needs to load a module.',
    advice: ['Build it again and strip with `strip -d`; `modinfo` does not show the difference.'],
    sources: [linux('kernel/module/main.c')],
  },
  {
    id: 'module-other-kernel',
    stage: 'device',
    weight: 'finding',
    title: 'a driver was refused because it was built for another kernel',
    symptoms: [{ ...says('version magic', /version magic '[^']*' should be '/), about: 'driver' }],
    cause: 'It was copied from another host, or the kernel was updated since.',
    advice: [
      'Build it for the running kernel; compare `modinfo -F vermagic` with `uname -r`. Never force it.',
    ],
    sources: [linux('kernel/module/main.c')],
  },
  {
    id: 'module-symbols',
    stage: 'device',
    weight: 'finding',
    title: 'a driver was refused because symbols of the kernel are not those it was built with',
    symptoms: [
      {
        ...says(
          ['disagrees about version of symbol', 'Unknown symbol'],
          /^(?:disagrees about version of symbol |Unknown symbol \S+ \(err -)/,
        ),
        about: 'driver',
      },
    ],
    cause:
      'It was built with the headers of another kernel, or a module that it needs is another one.',
    advice: ['Build it with the headers of the running kernel, and what it depends on before it.'],
    sources: [linux('kernel/module/main.c')],
  },
]
