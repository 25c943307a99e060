import type { Base } from './base.ts'
import type { Told } from './controller.ts'
import type { Seen } from './look.ts'

/** What is to be said of a host that has come to rest after its cuts. */
export type Verdict = {
  /** `open`: nothing was armed yet, so nothing looks after it at boot; the next run has to end it. */
  readonly outcome: 'old' | 'new' | 'open' | 'mixed'
  readonly state: string
  /** What is neither all old nor all new, or was left lying about. */
  readonly mixed: readonly string[]
  /** What the host says, or has said to its controller, and is not so. */
  readonly false: readonly string[]
}

/** Judges by the files first; then what is loaded, what is said, and what was promised have to agree with them. */
export function judge(
  base: Pick<Base, 'old' | 'new'>,
  run: string,
  told: Told,
  seen: Seen,
  booted: boolean,
): Verdict {
  const files = filesAre(base, seen)
  const state = seen.tokens.find(each => each.startsWith(`${run}/`))?.split('/')[2] ?? 'none'
  const isOpen =
    ['staged', 'none'].includes(state) && told === 'nothing' && seen.leftovers.length > 0
  const outcome = files === 'mixed' ? 'mixed' : isOpen || state === 'staged' ? 'open' : files
  const mixed = [...(files === 'mixed' ? differences(base, seen) : []), ...isAtRest(seen, outcome)]
  const lies = [
    ...statesAgree(files, state, outcome),
    ...isLoaded(base, files, seen),
    ...isConnected(base, seen),
    ...seen.failed.filter(unit => !base.old.failed.includes(unit)).map(unit => `failed: ${unit}`),
    ...saysSo(seen, run, state, booted),
    ...keepsItsWord(told, files, state),
  ]
  return { outcome, state, mixed, false: lies }
}

function filesAre(base: Pick<Base, 'old' | 'new'>, seen: Seen): 'old' | 'new' | 'mixed' {
  const text = seen.files.join('\n')
  if (text === base.old.files.join('\n')) return 'old'
  return text === base.new.files.join('\n') ? 'new' : 'mixed'
}

/** Against whichever of the two it is nearer to. */
function differences(base: Pick<Base, 'old' | 'new'>, seen: Seen): string[] {
  const from = (name: 'old' | 'new') => {
    const was = new Set(base[name].files)
    const is = new Set(seen.files)
    return [
      ...base[name].files
        .filter(line => !is.has(line))
        .map(line => `not as ${name}: lacks ${line}`),
      ...seen.files.filter(line => !was.has(line)).map(line => `not as ${name}: has ${line}`),
    ]
  }
  const [old, now] = [from('old'), from('new')]
  return old.length <= now.length ? old : now
}

function isAtRest(seen: Seen, outcome: Verdict['outcome']): string[] {
  const left = outcome === 'open' ? [] : seen.leftovers.map(path => `left behind: ${path}`)
  return [...left, ...seen.working.map(line => `still at work: ${line}`)]
}

function statesAgree(files: string, state: string, outcome: Verdict['outcome']): string[] {
  const fit: Readonly<Record<string, readonly string[]>> = {
    old: ['none', 'cancelled', 'rolled-back'],
    new: ['committed'],
    mixed: [],
  }
  return outcome === 'open' || fit[files]?.includes(state)
    ? []
    : [`the files are ${files}, the transaction is ${state}`]
}

/** The stock driver may run in spite of a commit only where an attempt that failed says why. */
function isLoaded(base: Pick<Base, 'old' | 'new'>, files: string, seen: Seen): string[] {
  const { loaded, attempts } = seen
  if (files === 'new' && loaded === base.new.loaded)
    return attempts.map(each => `${each} is there although the new driver runs`)
  if (files === 'new' && attempts.length > 0 && loaded === base.old.loaded) {
    const isLoud = seen.told.some(line => line.includes('attempt') || line.includes('going back'))
    return isLoud ? [] : ['the boot hook left the stock driver and did not say so']
  }
  if (files === 'new')
    return [`committed, but driver ${loaded || 'none'} runs and nothing says why`]
  return loaded === base.old.loaded
    ? []
    : [`the files are ${files}, but driver ${loaded || 'none'} runs`]
}

function isConnected(base: Pick<Base, 'old' | 'new'>, seen: Seen): string[] {
  const now = new Set(seen.network)
  const like = seen.loaded === base.new.loaded ? base.new : base.old
  return like.network.filter(line => !now.has(line)).map(line => `the network lacks: ${line}`)
}

function saysSo(seen: Seen, run: string, state: string, booted: boolean): string[] {
  const status = seen.blocks.find(each => each.status.id === run)?.status
  if (state === 'none') return status ? ['status tells of a transaction that is not there'] : []
  if (!status) return ['status does not tell of the transaction']
  return [
    ...(status.state === state ? [] : [`status says ${status.state}, the token ${state}`]),
    ...(status.guardAlive ? ['status says that the guard is alive'] : []),
    ...(booted && status.sameBoot ? ['status says that the host has not booted since'] : []),
  ]
}

/** What the controller was told may be outlived by a rollback that is on record, never silently. */
function keepsItsWord(told: Told, files: string, state: string): string[] {
  const ends = `${files}/${state}`
  const fit: Readonly<Record<Told, readonly string[]>> = {
    nothing: [ends],
    armed: ['old/rolled-back', 'old/cancelled'],
    confirmed: ['new/committed', 'old/rolled-back'],
    committed: ['new/committed'],
    'committed, then asked back': ['new/committed', 'old/rolled-back'],
    'rollback accepted': ['old/rolled-back'],
    'rolled back': ['old/rolled-back'],
  }
  return fit[told].includes(ends) ? [] : [`the controller was told "${told}", the host is ${ends}`]
}
