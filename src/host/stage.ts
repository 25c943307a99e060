import { createHash } from 'node:crypto'
import { pack } from 'tar-stream'
import { z } from 'zod'
import { changeSchema } from '../model/plan.ts'
import type { Change, HostPlan, WriteFile } from '../model/plan.ts'
import { checkTxId } from './protocol.ts'

/** All that the host gets to know of a run. `token` is the secret that confirms it. */
export type StageInput = {
  readonly id: string
  readonly plan: HostPlan
  /** Digest and nonce of the plan. */
  readonly digest: string
  readonly playbook: string
  readonly token: string
  /** user@host of the controller, for whoever meets the lock. */
  readonly controller: string
  /** How the controller reaches the host. Over ssh the confirmation must come on a later connection than the trial's. */
  readonly over: 'ssh' | 'local'
  /** The script that runs on the host. */
  readonly script: Uint8Array
  /** Driver sources by sha256. */
  readonly payloads: ReadonlyMap<string, Uint8Array>
}

export type StageArchive = {
  /** A tar, in pieces: the script and the sources are those that were given, not a copy for each host. */
  readonly archive: readonly Uint8Array[]
  /** sha256 of SHA256SUMS, which the host is told beside the archive. */
  readonly sumsSha256: string
  /** Names and contents, for tests and for people. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

type Values = Record<string, string | Uint8Array>

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

function describeChange(change: Change, payloads: StageInput['payloads']): Values {
  const { kind, phase } = change
  const told = { kind, phase, title: oneLine(change.title) }
  switch (kind) {
    case 'build-module': {
      const { module, version, kernel, target } = change
      const payload = payloads.get(change.sha256)
      if (!payload) throw new Error(`the source of change ${change.id} was not read`)
      const values = { module, version, kernel, target, sha256: change.sha256 }
      return { ...told, ...values, 'source.tar.gz': payload }
    }
    case 'swap-driver': {
      const { module, version, source, options, formerFile, formerBuildId } = change
      const former = { 'former-file': formerFile, 'former-build-id': formerBuildId }
      const wanted =
        'from' in source
          ? { from: source.from }
          : { file: source.file, sum: source.sha256, 'build-id': source.buildId }
      const ports = change.ports.join('\n')
      return { ...told, module, version, ...wanted, options, ...former, ports }
    }
    case 'set-nic': {
      const { pci, setting, want, before } = change
      const renegotiate = change.renegotiate ? 'yes' : 'no'
      return { ...told, pci, setting, want, before, renegotiate }
    }
    case 'run-command': {
      const { argv, seconds } = change
      const words = Object.entries(argv).map(([name, list]) => [name, listWords(list)])
      return { ...told, seconds: String(seconds), ...Object.fromEntries(words) }
    }
    case 'write-file': {
      const { path, mode, owner, expect, content, after } = change
      return {
        ...told,
        path,
        mode,
        owner,
        expect,
        ...(after ? { after } : {}),
        ...describeContent(content),
      }
    }
  }
}

function describeContent(content: WriteFile['content']): Values {
  if ('text' in content) return { content: content.text }
  if ('from' in content) return { from: content.from, output: content.output }
  return { gone: 'yes', instead: content.instead }
}

/** A word a line, so that none of them can become two. */
function listWords(words: readonly string[]): string {
  if (words.some(word => /[\n\0]/.test(word))) throw new Error('a word with a newline in it')
  return words.map(word => `${word}\n`).join('')
}

function describeTransaction(input: StageInput): Values {
  const { plan, token, digest, playbook, controller, over } = input
  const { machineId, bootId, kernel } = plan.fingerprint
  return {
    id: checkTxId(input.id),
    playbook,
    plan: digest,
    token,
    controller: oneLine(controller),
    over,
    'confirm-within': String(plan.confirmWithinSeconds),
    'machine-id': machineId,
    'boot-id': bootId,
    kernel,
  }
}

/** The files of a transaction, one value each, so that the script on the host needs no parser. */
export function stageFiles(input: StageInput): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  const put = (folder: string, values: Values) => {
    for (const [name, value] of Object.entries(values)) {
      files.set(`${folder}${name}`, typeof value === 'string' ? Buffer.from(value) : value)
    }
  }
  put('', { 'nicfix.sh': input.script })
  put('m/', describeTransaction(input))
  for (const change of input.plan.changes) {
    // A plan that was never in a file has not been looked at.
    const fault = changeSchema.safeParse(change).error
    if (fault) throw new Error(`not a change: ${z.prettifyError(fault)}`)
    put(`c/${change.id}/`, describeChange(change, input.payloads))
  }
  const sums = [...files].map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`).join('')
  files.set('SHA256SUMS', Buffer.from(sums))
  return files
}

/** Packs a transaction for one round trip. The same input makes the same bytes. */
export async function packStage(input: StageInput): Promise<StageArchive> {
  const files = stageFiles(input)
  const tar = pack()
  // A fixed time and owner: the archive says nothing of the controller it comes from.
  const fixed = { mtime: new Date(0), uid: 0, gid: 0 }
  for (const [name, bytes] of files) {
    const { buffer, byteOffset, byteLength } = bytes
    tar.entry({ ...fixed, name, mode: 0o600 }, Buffer.from(buffer, byteOffset, byteLength))
  }
  tar.finalize()
  const pieces: Uint8Array[] = []
  for await (const piece of tar) pieces.push(piece as Uint8Array)
  const sums = files.get('SHA256SUMS') ?? new Uint8Array()
  return { archive: pieces, sumsSha256: sha256(sums), files }
}
