import type { Moment } from './base.ts'

/** What is going on when the power goes: the controller's doing, or nobody's. */
export const actions = [
  'stage',
  'build',
  'try',
  'wait',
  'confirm',
  'cancel',
  'undo',
  'rest',
] as const
export type Action = (typeof actions)[number]

/** From which moment each action starts, and how long it takes about; the longest that was seen replaces that. */
export const startOf: Readonly<
  Record<Action, { readonly from: Moment; readonly seconds: number }>
> = {
  stage: { from: 'ready', seconds: 8 },
  build: { from: 'ready', seconds: 90 },
  try: { from: 'built', seconds: 20 },
  // The window runs out and the guard takes everything back.
  wait: { from: 'tried', seconds: 50 },
  confirm: { from: 'tried', seconds: 25 },
  cancel: { from: 'tried', seconds: 15 },
  undo: { from: 'committed', seconds: 25 },
  rest: { from: 'committed', seconds: 2 },
}

/** A moment that the watcher in the guest waits for: a condition in sh. */
export type Point = {
  readonly name: string
  readonly during: Action | 'boot'
  readonly when: string
  /** Whether a boot afterwards has something to take up. */
  readonly leavesOpen: boolean
}

const ends = [
  'committed',
  'rolled back',
  'taken back',
  'undone',
  'ended',
  'the copies beside the targets',
]
const point = (during: Point['during'], name: string, when: string): Point => {
  const isTrial = !['stage', 'build', 'boot', 'rest'].includes(during)
  return { name, during, when, leavesOpen: isTrial && !ends.includes(name) }
}

const unloaded = '[ ! -e /sys/module/i40e ]'
const loadedAgain = '{ until [ -e /sys/module/i40e/initstate ]; do :; done; }'
const state = (name: string) => `[ -e $tx/token/${name} ]`
const phase = (name: string) => `says $tx/phase ${name}`
const module = '/lib/modules/$kernel/updates/drivers/net/ethernet/intel/i40e/i40e.ko'

/** Named points of every phase. */
export const points: readonly Point[] = [
  point('stage', 'unpacking', 'any $home/tx/*.part'),
  point('stage', 'the lock is taken', '[ -e $home/lock ]'),
  point('stage', 'backed up', 'any $home/tx/*/token/staged'),
  point('build', 'make runs', 'any $home/tx/*/c/01/build/*/src/*.o'),
  point('build', 'the module is built', 'any $home/tx/*/c/01/out/module.ko'),
  point('build', 'built', 'any $home/tx/*/phase && says "$file" built'),
  point('try', 'the copies beside the targets', 'any /etc/.nicfix-* $home/.boot-*'),
  point('try', 'armed', state('pending')),
  point('try', 'fired', '[ -e $tx/fire ]'),
  point('try', 'the old driver is out', unloaded),
  point('try', 'the new driver is in', `${unloaded} && ${loadedAgain}`),
  point('try', 'tried', phase('tried')),
  point('wait', 'out of time', state('rollback')),
  point('wait', 'the new driver is out again', unloaded),
  point('wait', 'rolled back', state('rolled-back')),
  point('confirm', 'confirmed', state('confirmed')),
  point('confirm', 'persisting', phase('persisting')),
  point('confirm', 'rc.local is written', '[ -e /etc/rc.local ]'),
  point('confirm', 'the hook is in its place', '[ -e $home/boot ]'),
  point('confirm', 'the module is installed', `[ -e ${module} ]`),
  point(
    'confirm',
    'depmod has begun',
    'any /lib/modules/$kernel/modules.*.[0-9]* || newer /lib/modules/$kernel/modules.dep',
  ),
  point('confirm', 'modules.dep is written', 'newer /lib/modules/$kernel/modules.dep'),
  point('confirm', 'modules.alias.bin is written', 'newer /lib/modules/$kernel/modules.alias.bin'),
  point('confirm', 'depmod has ended', 'newer /lib/modules/$kernel/modules.devname'),
  point('confirm', 'the record is written', '[ -e $home/boot.d/i40e ]'),
  point('confirm', 'committed', state('committed')),
  point('confirm', 'ended', phase('ended')),
  point('cancel', 'taking back', state('rollback')),
  point('cancel', 'the new driver is out', unloaded),
  point('cancel', 'taken back', state('rolled-back')),
  point('cancel', 'ended', phase('ended')),
  point('undo', 'asked for', state('rollback')),
  point('undo', 'the record is gone', '[ ! -e $home/boot.d/i40e ]'),
  point('undo', 'the module is gone', `[ ! -e ${module} ]`),
  // The backup has the time of the image, what depmod wrote a later one than the transaction.
  point('undo', 'modules.dep is back', '[ $tx/m/id -nt /lib/modules/$kernel/modules.dep ]'),
  point('undo', 'rc.local is gone', '[ ! -e /etc/rc.local ]'),
  point('undo', 'the new driver is out', unloaded),
  point('undo', 'undone', state('rolled-back')),
  point('boot', 'the hook has begun', 'running'),
  point('boot', 'the attempt is written', '[ -e $home/boot.attempt-i40e ]'),
  point('boot', 'the stock driver is out', `running && ${unloaded}`),
  point('boot', 'the confirmed driver is in', `running && ${unloaded} && ${loadedAgain}`),
  point(
    'boot',
    'the attempt is over',
    '[ -e $home/boot.attempt-i40e ] && { while [ -e $home/boot.attempt-i40e ]; do :; done; }',
  ),
  point(
    'boot',
    'recovery: a decision',
    '{ [ -e $tx/token/confirmed ] || [ -e $tx/token/rollback ]; } && while [ -e $tx/token/confirmed ] || [ -e $tx/token/rollback ]; do :; done',
  ),
  point('boot', 'recovery: rolling back', `running && ${state('rollback')}`),
  point(
    'boot',
    'recovery: the module is gone',
    `running && ${state('rollback')} && [ ! -e ${module} ]`,
  ),
  point('boot', 'recovery: rc.local is gone', `running && [ ! -e /etc/rc.local ]`),
  point('boot', 'recovery: rolled back', `running && ${state('rolled-back')}`),
]

/** How the power goes. `sysrq` resets from inside at once; `kill` and `quit` end QEMU; `reset` is the button. */
export const means = ['sysrq', 'kill', 'quit', 'reset'] as const
export type Means = (typeof means)[number]

const unitsAtWork = ['rc-local', 'nicfix*']
  .map(name => `/sys/fs/cgroup/system.slice/${name}.service`)
  .join(' ')

/** What the watcher writes to the serial port when somebody outside shall cut. */
export const mark = 'lab: cut here'

/**
 * The watcher: spins at low priority until the point is there, lets `delay` seconds go by, and cuts, or has it cut.
 * It tells what it began with (`newer` compares with that) by itself, so it must be started before the action.
 */
export function watcher({ during, when }: Point, id: string, by: Means, delay: number): string {
  const functions = {
    any: 'any() { for file in "$@"; do [ ! -e "$file" ] || return 0; done; return 1; }',
    newer: 'newer() { [ "$1" -nt /run/lab-watch ]; }',
    says: 'says() { read -r said <"$1" && [ "$said" = "$2" ]; } 2>/dev/null',
    running: `running() { set -- ${unitsAtWork}; [ -e "$1" ] || [ -e "$2" ]; }`,
  }
  return [
    `home=/var/lib/nicfix tx=$home/tx/${id} kernel=$(uname -r)`,
    ': >/run/lab-watch',
    ...Object.entries(functions).flatMap(([name, text]) =>
      when.includes(`${name} `) ? [text] : [],
    ),
    during === 'boot'
      ? `${functions.running}\nuntil running; do sleep 0.05; done`
      : 'renice -n 3 $$ >/dev/null',
    `until ${when}; do :; done`,
    ...(delay > 0 ? [`sleep ${delay.toFixed(2)}`] : []),
    by === 'sysrq' ? 'echo b >/proc/sysrq-trigger' : `echo '${mark}' >/dev/ttyS0`,
    '',
  ].join('\n')
}
