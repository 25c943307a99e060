import type { Entry } from './entry.ts'

/** F1 to F26: who dies, who is cut off, what is lost on the way to the disk. */
export const first: readonly Entry[] = [
  {
    id: 'F1',
    fault: 'the controller is killed before the trial is fired',
    expected: 'all old; the guard ends by itself or was never armed',
    shown: [
      ['test/run/kill.slow.test.ts', 'leaves a journal with an intent for all that it did'],
      ['test/host/stage.test.ts', 'that is never told to begin goes away by itself'],
      [
        'test/run/killed-controller.matrix.test.ts',
        'is followed by another that ends the run as if nothing had been',
      ],
    ],
  },
  {
    id: 'F2',
    fault: 'the controller is killed between fire and confirmation',
    expected: 'all old at the deadline, verified',
    shown: [
      [
        'test/main/rollback.lab.test.ts',
        'is taken back by the host alone when the controller is killed',
      ],
      ['test/host/sim.test.ts', 'is taken back when nobody confirms it'],
      ['test/main/resume.lab.test.ts', 'is not followed by anybody leaves a host that'],
    ],
  },
  {
    id: 'F3',
    fault: 'the host has confirmed and its answer is lost',
    expected: 'all new; the host is asked and says so',
    shown: [
      ['test/run/run.test.ts', 'a link lost after ${at}'],
      ['test/run/run.test.ts', 'a confirmation that is said twice'],
    ],
  },
  {
    id: 'F4',
    fault: 'the laptop sleeps, the connection is half open',
    expected: 'the guard does not care; the controller notices, reconnects and asks',
    shown: [
      ['test/remote/ssh.test.ts', 'that freezes is noticed by keepalives'],
      ['test/run/run.test.ts', 'a link that is gone for the trial'],
    ],
  },
  {
    id: 'F5',
    fault: 'SSH hangs up: reset, terminal closed, signals, session ended',
    expected: 'the guard lives, the outcome is the same',
    shown: [
      ['test/faults/session.test.ts', 'may lose its terminal and everything in it'],
      ['test/faults/session.test.ts', 'may hear every polite signal and go on to be confirmed'],
    ],
  },
  {
    id: 'F6',
    fault: 'the guard is killed before it is ready',
    expected: 'nothing is fired, nothing is changed',
    shown: [
      ['test/faults/triggers.test.ts', 'that never gets ready ends in a cancelled transaction'],
      ['test/faults/triggers.test.ts', 'that is killed before the word to begin is not fired'],
    ],
  },
  {
    id: 'F7',
    fault: 'the guard is killed after it was ready',
    expected: 'the second trigger rolls back',
    shown: [
      [
        'test/faults/triggers.test.ts',
        'that is killed in the middle of the trial is followed by the second trigger',
      ],
      [
        'test/faults/triggers.test.ts',
        'that is killed in the window is followed by the second trigger',
      ],
    ],
  },
  {
    id: 'F8',
    fault: 'both triggers are killed',
    expected: 'the host says so; a word, the next run or the next boot ends it',
    shown: [
      [
        'test/faults/triggers.test.ts',
        'the host says so, takes no confirmation, and rolls back at a word',
      ],
      [
        'test/faults/triggers.test.ts',
        'the next boot ends the transaction, before the network is up',
      ],
    ],
  },
  {
    id: 'F9',
    fault: 'any process is killed at any call that changes something',
    expected: 'all old or all new; a rerun converges',
    shown: [
      ['test/matrix/process-kill.matrix.test.ts', 'a process killed after any call is made up for'],
      [
        'test/matrix/power-cut.matrix.test.ts',
        'a power cut after any call ends all old or all new',
      ],
    ],
  },
  {
    id: 'F10',
    fault: 'the guard is stopped for minutes, and goes on',
    expected: 'it rolls back unless confirmed; a confirmation still wins',
    shown: [
      ['test/faults/stopped.test.ts', 'still hears of the confirmation when it goes on'],
      ['test/faults/stopped.test.ts', 'rolls back at once when it goes on after the deadline'],
      ['test/faults/stopped.test.ts', 'is ended by the second trigger when it does not go on'],
    ],
  },
  {
    id: 'F11',
    fault: 'confirmation and deadline in the same moment',
    expected: 'exactly one wins, the other is told so',
    shown: [
      ['test/matrix/arbiter.matrix.test.ts', 'two who want the same token'],
      ['test/matrix/arbiter.matrix.test.ts', 'is told what the host does, whoever is first'],
    ],
  },
  {
    id: 'F12',
    fault: 'a confirmation twice, replayed, with a wrong token, of another boot, too late',
    expected: 'done once, refused, refused, refused, told what became of the host',
    shown: [
      ['test/faults/confirm.test.ts', 'counts once, however often it comes'],
      ['test/faults/confirm.test.ts', 'with any other words than the token is refused'],
      ['test/faults/confirm.test.ts', 'of an earlier boot is refused'],
      ['test/faults/confirm.test.ts', 'that comes too late changes nothing'],
    ],
  },
  {
    id: 'F13',
    fault: 'the request to confirm, or its answer, or both are lost',
    expected: 'asked anew until the host has said which',
    shown: [
      ['test/run/run.test.ts', 'a link lost before ${at}'],
      ['test/run/run.test.ts', 'a link lost after ${at}'],
      ['test/run/run.test.ts', 'a host that never returns'],
    ],
  },
  {
    id: 'F14',
    fault: 'the confirmation comes over the connection of the trial',
    expected: 'refused: a new one is needed',
    shown: [
      ['test/faults/confirm.test.ts', 'the old connection alone never confirms'],
      [
        'test/machines/guard.test.ts',
        'is refused to a wrong token and to the connection of the trial',
      ],
    ],
  },
  {
    id: 'F15',
    fault: 'the connection works and a probe that worked before fails',
    expected: 'no confirmation, rolled back; what failed before does not count',
    shown: [
      ['test/faults/drivers.test.ts', 'a driver that cannot be exchanged'],
      ['test/main/rollback.lab.test.ts', 'brings no carrier: the host takes it back'],
    ],
  },
  {
    id: 'F16',
    fault: 'the link, or the switch behind it, takes 45 s',
    expected: 'no rollback before its time',
    shown: [
      [
        'test/faults/link.test.ts',
        'may take 45 s for its carrier, as behind a switch with spanning tree',
      ],
    ],
  },
  {
    id: 'F17',
    fault: 'loss, latency and a flapping link in the window',
    expected: 'one verified outcome',
    shown: [
      ['test/faults/link.test.ts', 'may lose its carrier a few times before it stays'],
      ['test/run/run.test.ts', 'a link that is gone for the trial'],
      ['test/run/run.test.ts', 'a host that stays away'],
    ],
    without:
      "Loss and latency of packets are TCP's to deal with; no test shapes traffic with netem.",
  },
  {
    id: 'F18',
    fault: 'another address, name or MAC after the reload',
    expected: 'noticed by PCI address: named back, or rolled back',
    shown: [
      ['test/faults/link.test.ts', 'that the kernel has given another name gets its own back'],
      [
        'test/faults/link.test.ts',
        'that has another MAC address is noticed by its PCI address, and taken back',
      ],
      [
        'test/run/expect.test.ts',
        'may be confirmed when the driver is the built one and all else is as before',
      ],
      [
        'test/main/topology.ts',
        'comes back as it was with the new driver, and with the old one again',
      ],
    ],
    without: 'The DHCP server of the lab gives the same address each time.',
  },
  {
    id: 'F19',
    fault: 'another host key answers after the trial',
    expected: 'no confirmation, rolled back',
    shown: [['test/run/run.test.ts', 'another host that answers']],
  },
  {
    id: 'F20',
    fault: 'power cut while staging',
    expected: 'the old system; the next contact ends the record',
    shown: [
      [
        'test/chaos/before-confirmation.lab.test.ts',
        'while the run is staged: the next run ends it',
      ],
      [
        'test/matrix/power-cut.matrix.test.ts',
        'a power cut after any call ends all old or all new',
      ],
    ],
  },
  {
    id: 'F21',
    fault: 'power cut while armed, in the trial, in the window',
    expected: 'the old system, closed as rolled back at boot',
    shown: [
      [
        'test/chaos/before-confirmation.lab.test.ts',
        'in the middle of the rollback, and again while the boot takes it up',
      ],
      [
        'test/matrix/power-cut.matrix.test.ts',
        'a power cut after any call ends all old or all new',
      ],
    ],
  },
  {
    id: 'F22',
    fault: 'power cut in the confirmation',
    expected: 'old, or new: what was answered is kept or taken back on record',
    shown: [
      ['test/chaos/after-confirmation.lab.test.ts', 'right at the confirmation'],
      [
        'test/matrix/power-cut.matrix.test.ts',
        'a power cut after any call ends all old or all new',
      ],
    ],
  },
  {
    id: 'F23',
    fault: 'power cut while files are written',
    expected: 'all new is kept, anything less is taken back; modules.dep is whole',
    shown: [
      [
        'test/chaos/after-confirmation.lab.test.ts',
        'a power cut after the confirmation leaves all old or all new',
      ],
      [
        'test/matrix/power-cut.matrix.test.ts',
        'a power cut after any call ends all old or all new',
      ],
    ],
  },
  {
    id: 'F24',
    fault: 'power cut in the rollback, again and again',
    expected: 'taken up at each boot until it is done',
    shown: [
      [
        'test/chaos/before-confirmation.lab.test.ts',
        'in the middle of the rollback, and again while the boot takes it up',
      ],
      [
        'test/chaos/after-confirmation.lab.test.ts',
        'in the rollback of a committed run: it is taken up at boot',
      ],
      [
        'test/matrix/power-cut.matrix.test.ts',
        'ends all old or all new when the power is cut again during the recovery',
      ],
    ],
  },
  {
    id: 'F25',
    fault: 'writes that were not synced are lost, renames come before data',
    expected: 'nothing is promised that a cut could still take away',
    shown: [
      [
        'test/matrix/durable.matrix.test.ts',
        'promises nothing that a power cut could still take away',
      ],
      [
        'test/matrix/durable.matrix.test.ts',
        'notes an attempt durably before the boot hook touches a driver',
      ],
    ],
  },
  {
    id: 'F26',
    fault: 'torn, cut off, flipped, unknown files of the record',
    expected: 'no guess, loud',
    shown: [
      ['test/matrix/damage.matrix.test.ts', 'a damaged file of the record is met without a guess'],
      ['test/matrix/damage.matrix.test.ts', 'a damaged file of a change is met without a guess'],
    ],
  },
]
