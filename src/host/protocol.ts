import { txEventNames, txPhases, txStates } from '../model/tx.ts'
import type { TxEvent, TxEventName, TxPhase, TxState, TxStatus } from '../model/tx.ts'

/** What the changes of a transaction made: by change id, then by key ("01" → "build-id" → "ab12…"). */
export type TxOutputs = Readonly<Record<string, Readonly<Record<string, string>>>>

/** One block of the host's answer. */
export type TxBlock = { readonly status: TxStatus; readonly outputs: TxOutputs }

/** Exit codes of the script on the host. */
export const txExit = {
  done: 0,
  failedUnchanged: 1,
  tooLate: 3,
  noTransaction: 4,
  failedState: 5,
  locked: 7,
  refused: 8,
} as const

const home = '/var/lib/nicfix'
export const txRoot = `${home}/tx`

const idPattern = /^[0-9a-z-]{8,40}$/

export const isTxId = (text: string): boolean => idPattern.test(text)

/** Lets only a transaction id through: it becomes part of a path and of a command. */
export function checkTxId(id: string): string {
  if (!isTxId(id)) throw new Error(`not a transaction id: ${JSON.stringify(id)}`)
  return id
}

/**
 * Root runs what lies there. Where somebody else owns it or may write to it, all of it may be theirs, and no change of modes
 * would take that back. Links have modes that mean nothing.
 */
const onlyOfRoot = [
  `[ ! -L ${home} ] && [ ! -L ${txRoot} ]`,
  `[ -z "$(find ${home} -maxdepth 2 \\( ! -user 0 -o ! -type l \\( -perm -020 -o -perm -002 \\) \\) 2>/dev/null)" ]`,
].join(' && ')

const notOfRoot = `${home} is a link, or something in it is owned by somebody else than root or can be written by others: look at it, then move it away`

/** The command that unpacks a staged transaction and starts its script; the archive goes to its stdin. */
export function stageCommand(id: string, sumsSha256: string): string {
  const part = `${txRoot}/${checkTxId(id)}.part`
  if (!/^[0-9a-f]{64}$/.test(sumsSha256)) throw new Error('not a sha256')
  return [
    'umask 077',
    `{ { ${onlyOfRoot}; } || { echo '${notOfRoot}' >&2; exit ${txExit.refused}; }; }`,
    `mkdir -p ${txRoot}`,
    // What an earlier attempt left half unpacked is of no use to anyone.
    `rm -rf ${part}`,
    `mkdir ${part}`,
    `tar -xf - -C ${part}`,
    `exec sh ${part}/nicfix.sh tx stage ${id} ${sumsSha256}`,
  ].join(' && ')
}

export type TxVerb =
  | 'build'
  | 'arm'
  | 'fire'
  | 'wait'
  | 'confirm'
  | 'extend'
  | 'cancel'
  | 'rollback'
  | 'status'
  | 'release'

/** A command of the script that the transaction brought to the host. */
export function txCommand(id: string, verb: TxVerb, ...numbers: readonly number[]): string {
  const words = numbers.map(number => String(Math.max(0, Math.floor(number))))
  return ['sh', `${txRoot}/${checkTxId(id)}/nicfix.sh`, 'tx', verb, id, ...words].join(' ')
}

/** Status and probe in one round trip: the probe script comes on stdin. */
export function statusAndProbeCommand(id: string): string {
  return `${txCommand(id, 'status')} </dev/null && exec sh -s`
}

/** Asks a host for every transaction it has; the host script comes on stdin, nothing needs to be installed. */
export const statusOfAllCommand = 'sh -s -- status'

function isOneOf<Word extends string>(words: readonly Word[], word: string): word is Word {
  return (words as readonly string[]).includes(word)
}

type Draft = {
  id?: string
  state?: TxState
  phase?: TxPhase
  guardAlive?: boolean
  watchAlive?: boolean
  deadlineInSeconds?: number | null
  sameBoot?: boolean
  playbook?: string
  readonly events: TxEvent[]
  readonly outputs: Map<string, Readonly<Record<string, string>>>
}

type Reader = (rest: string, draft: Draft) => boolean

const readers: Readonly<Record<string, Reader>> = {
  id: (rest, draft) => idPattern.test((draft.id = rest)),
  playbook: (rest, draft) => (draft.playbook = rest) !== '',
  state: (rest, draft) => isOneOf(txStates, rest) && Boolean((draft.state = rest)),
  phase(rest, draft) {
    // Empty for the moment between the first durable state and the first phase.
    const phase = rest === '' ? 'staged' : rest
    return isOneOf(txPhases, phase) && Boolean((draft.phase = phase))
  },
  guard(rest, draft) {
    draft.guardAlive = rest === 'alive'
    return rest === 'alive' || rest === 'dead'
  },
  watch(rest, draft) {
    draft.watchAlive = rest === 'alive'
    return rest === 'alive' || rest === 'dead'
  },
  deadline(rest, draft) {
    draft.deadlineInSeconds = rest === '-' ? null : Number(rest)
    return /^(-|-?\d+(\.\d+)?)$/.test(rest)
  },
  boot(rest, draft) {
    draft.sameBoot = rest === 'same'
    return rest === 'same' || rest === 'other'
  },
  output(rest, draft) {
    const [, change, key, value] = /^(\d\d) (\S+) ?(.*)$/s.exec(rest) ?? []
    if (change === undefined || key === undefined || value === undefined) return false
    draft.outputs.set(change, { ...draft.outputs.get(change), [key]: value })
    return true
  },
  event(rest, draft) {
    const parts = /^(\d+) (\d+(?:\.\d+)?) (-|\d\d) (\S+) ?(.*)$/s.exec(rest)
    const [, seq, uptime, change = '', name = '', text = ''] = parts ?? []
    if (!parts || !isOneOf<TxEventName>(txEventNames, name)) return false
    draft.events.push({ seq: Number(seq), uptime: Number(uptime), change, event: name, text })
    return true
  },
}

function finish(draft: Draft): TxBlock | null {
  const { id, state, phase, playbook = '' } = draft
  if (id === undefined || state === undefined || phase === undefined) return null
  const {
    guardAlive = false,
    watchAlive = false,
    deadlineInSeconds = null,
    sameBoot = false,
    events,
    outputs,
  } = draft
  const status = {
    id,
    state,
    phase,
    guardAlive,
    watchAlive,
    deadlineInSeconds,
    sameBoot,
    playbook,
    events,
  }
  return { status, outputs: Object.fromEntries(outputs) }
}

export type Answer =
  | { readonly kind: 'blocks'; readonly blocks: readonly TxBlock[]; readonly rest: string }
  | { readonly kind: 'unreadable'; readonly why: string }

/**
 * Reads the blocks of an answer. A truncated block, or a line that has no meaning in one, makes all of it
 * unreadable: half an answer about a rollback is none. `rest` is what follows the last block.
 */
export function parseAnswer(stdout: string): Answer {
  const blocks: TxBlock[] = []
  let draft: Draft | null = null
  let at = 0
  let restAt = 0
  while (at < stdout.length) {
    const newline = stdout.indexOf('\n', at)
    if (newline < 0) break
    const line = stdout.slice(at, newline)
    at = newline + 1
    if (!draft) {
      if (line === 'nicfix-tx 1') draft = { events: [], outputs: new Map() }
      else if (line.startsWith('nicfix-tx ')) return unreadable(`a newer protocol: ${line}`)
      continue
    }
    if (line === 'end') {
      const block = finish(draft)
      if (!block) return unreadable('a block without id, state or phase')
      blocks.push(block)
      draft = null
      restAt = at
      continue
    }
    const [, key = '', rest = ''] = /^(\S+) ?(.*)$/s.exec(line) ?? []
    // What every object has is no key of ours: a host may say "__proto__".
    const reader = Object.hasOwn(readers, key) ? readers[key] : undefined
    if (!reader?.(rest, draft)) return unreadable(`line ${JSON.stringify(line)}`)
  }
  if (draft) return unreadable('the answer is cut off')
  return { kind: 'blocks', blocks, rest: stdout.slice(restAt) }
}

function unreadable(why: string): Answer {
  return { kind: 'unreadable', why }
}

/** The owner in the script's answer to a locked host. */
export function parseOwner(stdout: string): string {
  return /^owner (.*)$/m.exec(stdout)?.[1] ?? 'unknown'
}
