import type { Entry } from './entry.ts'

/** F27 to F52: full and failing disks, other people, drivers, boots, surroundings. */
export const second: readonly Entry[] = [
  {
    id: 'F27',
    fault: 'no block or no inode left, at the N-th write',
    expected: 'before the trial a refusal; after it a rollback by rename',
    shown: [
      ['test/faults/disk.test.ts', 'is a plain refusal before anything is changed'],
      ['test/faults/disk.test.ts', 'at the deadline keeps nobody from rolling back'],
      ['test/matrix/disk.matrix.test.ts', 'a disk that fills up, or fails, at the N-th call'],
    ],
  },
  {
    id: 'F28',
    fault: 'the disk fails or becomes read-only',
    expected: 'a failed sync is no confirmation; the running driver is put back',
    shown: [
      ['test/faults/disk.test.ts', 'takes no confirmation, gets the old driver back'],
      ['test/faults/disk.test.ts', 'under the confirmation never ends in a confirmed change'],
      ['test/matrix/disk.matrix.test.ts', 'a disk that fills up, or fails, at the N-th call'],
    ],
  },
  {
    id: 'F29',
    fault: 'a backup is gone, modified or wrong at the rollback',
    expected: 'that step fails loudly, the others are done',
    shown: [
      ['test/faults/damage.test.ts', 'that is gone fails its step loudly'],
      ['test/faults/damage.test.ts', 'that was modified never replaces a file'],
    ],
  },
  {
    id: 'F30',
    fault: 'somebody edits a target in the window',
    expected: 'neither overwritten nor lost',
    shown: [
      ['test/faults/damage.test.ts', 'is neither overwritten nor lost when the trial is confirmed'],
      ['test/faults/damage.test.ts', 'is left to them when nobody confirms'],
    ],
  },
  {
    id: 'F31',
    fault: 'a second run; a stale lock, with a recycled pid, of another boot',
    expected: 'refused with the owner; taken over once it is proven stale',
    shown: [
      ['test/faults/lock.test.ts', 'refuses a second run, names the owner'],
      ['test/faults/lock.test.ts', 'with the process number of somebody else is taken over'],
      ['test/faults/lock.test.ts', 'of an earlier boot is taken over'],
      ['test/faults/lock.test.ts', 'goes to exactly one of two that find it at once'],
    ],
  },
  {
    id: 'F32',
    fault: 'the network tool of the host reacts to the reload',
    expected: 'as before, or rolled back',
    shown: [
      [
        'test/main/e1000e.lab.test.ts',
        'e1000e-upgrade comes back with its address and default route',
      ],
      ['test/main/networkd.lab.test.ts', 'is kept by a .link file: same name'],
    ],
    without:
      'Driver swaps are shown for ifupdown, settings for systemd-networkd too. NetworkManager is not in the lab yet.',
  },
  {
    id: 'F33',
    fault: 'the time of day jumps by years; suspend',
    expected: 'no deadline moves; past it after a resume, it rolls back',
    shown: [
      ['test/faults/surroundings.test.ts', 'may show any year: nothing in the script asks for it'],
      [
        'test/faults/surroundings.test.ts',
        'that stood still while the host slept is past the deadline at once',
      ],
    ],
  },
  {
    id: 'F34',
    fault: 'the uptime wraps, the machine is paused',
    expected: 'no deadline is early or missed',
    shown: [
      ['test/faults/surroundings.test.ts', 'that is close to a wrap of 32 bits decides as ever'],
    ],
  },
  {
    id: 'F35',
    fault: 'the old driver is busy and cannot be unloaded',
    expected: 'back at once, driver untouched',
    shown: [['test/faults/drivers.test.ts', 'a driver that cannot be exchanged']],
  },
  {
    id: 'F36',
    fault: 'unloading hangs in the kernel',
    expected: 'given up after 60 s, files taken back, loud, no reboot',
    shown: [
      ['test/chaos/bad-module.lab.test.ts', 'never ends unloading'],
      [
        'test/matrix/drivers.matrix.test.ts',
        'is called failed when unloading hangs inside the kernel',
      ],
    ],
  },
  {
    id: 'F37',
    fault: 'the new driver cannot be loaded',
    expected: 'the old one is back, with the words of the kernel',
    shown: [['test/faults/drivers.test.ts', 'a driver that cannot be exchanged']],
  },
  {
    id: 'F38',
    fault: 'loaded, and no port, no carrier, wrong version',
    expected: 'back at once',
    shown: [
      ['test/faults/drivers.test.ts', 'a driver that cannot be exchanged'],
      ['test/main/rollback.lab.test.ts', 'brings no carrier'],
    ],
  },
  {
    id: 'F39',
    fault: 'neither the new nor the old driver can be loaded',
    expected: 'failed, MANUAL.txt, other ports untouched',
    shown: [
      [
        'test/faults/drivers.test.ts',
        'is called failed when neither of the two can be loaded, and the other port is left alone',
      ],
    ],
  },
  {
    id: 'F40',
    fault: 'the module panics or hangs on load, in the trial and at each boot',
    expected: 'old; the hook gives up for good after one attempt',
    shown: [
      [
        'test/chaos/bad-module.lab.test.ts',
        'panics in the trial: the host reboots into what it was',
      ],
      ['test/chaos/bad-module.lab.test.ts', 'never ends loading in the trial'],
      ['test/faults/hook.test.ts', 'gives up after an attempt that did not come back'],
    ],
  },
  {
    id: 'F41',
    fault: 'another kernel boots',
    expected: 'the hook leaves it alone',
    shown: [['test/faults/hook.test.ts', 'leaves another kernel alone']],
  },
  {
    id: 'F42',
    fault: 'rc.local is missing, not executable, ends early, is a link, immutable',
    expected: 'refused or handled, back to the byte',
    shown: [
      ['test/actions/rc-local.test.ts', 'is put in again where an older one is never reached'],
      [
        'test/actions/rc-local.test.ts',
        'any text with #! gets the hook or a reason, and keeps its lines',
      ],
    ],
  },
  {
    id: 'F43',
    fault: 'the hook runs twice, beside a guard, on a read-only disk',
    expected: 'once; kept out; no damage',
    shown: [
      ['test/faults/hook.test.ts', 'does its work once when it is started twice at once'],
      ['test/faults/hook.test.ts', 'keeps out of the way of a run that has the host'],
      ['test/faults/hook.test.ts', 'does nothing, and no damage, while the disk is read-only'],
    ],
  },
  {
    id: 'F44',
    fault: 'a file comes back with another owner or mode',
    expected: 'noticed: failed, not rolled back',
    shown: [
      ['test/faults/damage.test.ts', 'that cannot be given its owner is noticed'],
      ['test/faults/damage.test.ts', 'brings owner and mode back that somebody has changed since'],
    ],
  },
  {
    id: 'F45',
    fault: 'no systemd, or one that cannot start a service',
    expected: 'a session of its own does it',
    shown: [
      ['test/faults/session.test.ts', 'where systemd is there and cannot start a service'],
      ['test/matrix/process-kill.matrix.test.ts', 'a process killed after any call is made up for'],
    ],
  },
  {
    id: 'F46',
    fault: 'no flock, no setsid, odd PATH, HOME, umask; other shells',
    expected: 'it works, or what is missing is named before anything is changed',
    shown: [
      [
        'test/faults/surroundings.test.ts',
        'is refused before anything is changed, and all that is missing is named',
      ],
      [
        'test/faults/surroundings.test.ts',
        'does without flock, systemd-run, udevadm, ping and logger',
      ],
      ['test/faults/surroundings.test.ts', 'of the session does not reach the guard'],
    ],
  },
  {
    id: 'F47',
    fault: 'no process can be started any more',
    expected: 'the second trigger, or the next boot',
    shown: [['test/faults/stopped.test.ts', 'is followed by the second trigger']],
    without:
      'Limits on processes do not bind root, so the fork itself is not made to fail; a tool that cannot be started is.',
  },
  {
    id: 'F48',
    fault: 'sudo asks or expires, root may not log in',
    expected: 'found out before anything is changed',
    shown: [
      ['test/remote/sudo.slow.test.ts', 'that wants a password nobody gives says how to give it'],
      [
        'test/remote/rights.test.ts',
        'and may not use sudo without a password is refused with the line for sudoers',
      ],
    ],
  },
  {
    id: 'F49',
    fault: 'a flood of output, any bytes, nobody reads',
    expected: 'nobody waits, nothing breaks',
    shown: [
      ['test/faults/surroundings.test.ts', 'of a hundred megabytes keeps nobody waiting'],
      [
        'test/faults/surroundings.test.ts',
        'that nobody reads any more does not end a guard or a confirmation',
      ],
      ['test/remote/ssh.test.ts', 'with more output than the limit ends'],
    ],
  },
  {
    id: 'F50',
    fault: '^C once, and more often',
    expected: 'once: in order; twice: the guard decides alone',
    shown: [
      ['test/run/run.test.ts', 'while %s cancels'],
      ['test/run/run.test.ts', 'while %s rolls back'],
      ['test/run/run.test.ts', 'twice lets go, and the guard rolls back alone'],
    ],
  },
  {
    id: 'F51',
    fault: 'the rollback says that it went well and the driver is still the new one',
    expected: 'failed, not rolled back',
    shown: [
      [
        'test/faults/drivers.test.ts',
        'is called failed when unloading says that it went well and it did not',
      ],
    ],
  },
  {
    id: 'F52',
    fault: 'a sync, rename, check or lock is left out of the script',
    expected: 'some test notices',
    shown: [['test/matrix/model.matrix.test.ts', 'a script with a mistake']],
    without:
      'All of them, one at a time: npm run mutate, which takes too long for every run of the tests.',
  },
]
