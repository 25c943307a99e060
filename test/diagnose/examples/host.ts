import { hostMoves } from './example.ts'
import type { Examples } from './example.ts'

/** Of the host as a whole, and of drivers that did not load: what is known as each trouble, and what is alike and is not. */
export const hostExamples: Readonly<Record<string, Examples>> = {
  'bad-page-state': {
    yes: [
      'BUG: Bad page state in process server  pfn:77dff9',
      'BUG: Bad page map in process qemu-system-x86  pte:8000000123456867 pmd:12345067',
    ],
    no: [
      'page dumped because: non-NULL mapping',
      'systemd[1]: BUG: Bad page state in process x  pfn:1',
    ],
  },
  'machine-check': {
    yes: [
      'mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 7: 8c00004000010090',
      '{1}[Hardware Error]: event severity: fatal',
    ],
    no: [
      'mce: CPU0: Thermal monitoring enabled (TM1)',
      '{1}[Hardware Error]: event severity: corrected',
    ],
  },
  'memory-uncorrected': {
    yes: [
      'EDAC MC0: 1 UE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0 (channel:1 slot:0 page:0x1 offset:0x0)',
    ],
    no: [
      'EDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0: DEV 0000:64:0a.0 (INTERRUPT)',
    ],
  },
  'memory-corrected': {
    yes: [
      'EDAC MC1: 4 CE memory read error on CPU_SrcID#1_MC#0_Chan#0_DIMM#0 (channel:0 slot:0 page:0x9 offset:0x0)',
    ],
    no: [
      'EDAC MC: Ver: 3.0.0',
      'EDAC MC0: 1 UE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0',
    ],
  },
  'kernel-oops': {
    yes: [
      'BUG: kernel NULL pointer dereference, address: 0000000000000098',
      'BUG: unable to handle page fault for address: ffffb2c0c0a01000',
      'general protection fault: 0000 [#1] SMP PTI',
      'kernel BUG at mm/vmalloc.c:2437!',
    ],
    no: [
      'traps: app[4711] general protection fault ip:7f0000001 sp:7ffc0000 error:0 in libc.so.6',
      'WARNING: CPU: 45 PID: 0 at net/sched/sch_generic.c:300 dev_watchdog+0x242/0x250',
    ],
  },
  'cpu-stall': {
    yes: [
      'watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [kworker/3:1:4711]',
      'rcu: INFO: rcu_sched self-detected stall on CPU',
      'INFO: rcu_sched detected stalls on CPUs/tasks: { 3} (detected by 1, t=5252 jiffies)',
      'BUG: soft lockup - CPU#3 stuck for 67s! [swapper/3:0]',
    ],
    no: [
      'perf: interrupt took too long (2502 > 2500), lowering kernel.perf_event_max_sample_rate to 79750',
      'watchdog: Delayed init of the lockup detector failed: -19',
    ],
  },
  'interrupt-unhandled': {
    yes: ['irq 16: nobody cared (try booting with the "irqpoll" option)'],
    no: ['genirq: Flags mismatch irq 16. 00000080 (e1000e) vs. 00000000 (i801_smbus)'],
  },
  'memory-short': {
    yes: [
      'swapper/3: page allocation failure: order:0, mode:0x20',
      'kworker/u16:2: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null)',
    ],
    no: ['Out of memory: Killed process 4711 (java) total-vm:1kB'],
  },
  'conntrack-full': {
    yes: [
      'nf_conntrack: nf_conntrack: table full, dropping packet',
      'nf_conntrack: table full, dropping packet.',
    ],
    no: [
      'nf_conntrack: default automatic helper assignment has been turned off for security reasons',
    ],
  },
  'neighbour-full': {
    yes: [
      'neighbour: arp_cache: neighbor table overflow!',
      'Neighbour table overflow.\nneighbour: ndisc_cache: neighbor table overflow!',
    ],
    no: ['neighbour: something else'],
  },
  'backlog-full': { yes: [hostMoves('dropped')], no: [hostMoves('none')] },
  'budget-short': { yes: [hostMoves('squeezed', 6000)], no: [hostMoves('squeezed', 30)] },
  'socket-full': { yes: [hostMoves('udp')], no: [hostMoves('dropped')] },
  'module-stripped': {
    yes: ['i40e: module has no symbols (stripped?)'],
    no: [
      'foo: module has no symbols (stripped?)',
      'i40e: loading out-of-tree module taints kernel.',
    ],
  },
  'module-other-kernel': {
    yes: [
      "e1000e: version magic '6.1.0-28-amd64 SMP preempt mod_unload modversions ' should be '6.1.0-50-amd64 SMP preempt mod_unload modversions '",
    ],
    no: ["zfs: version magic 'a' should be 'b'"],
  },
  'module-symbols': {
    yes: [
      'i40e: disagrees about version of symbol module_layout',
      'ice: Unknown symbol auxiliary_device_init (err -2)',
    ],
    no: ['nvidia: Unknown symbol drm_open (err -2)'],
  },
}
