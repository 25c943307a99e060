import { readFileSync } from 'node:fs'

const parts = [
  'base',
  'lock',
  'net',
  'settings',
  'replay',
  'manager',
  'children',
  'snapshot',
  'restore',
  'differences',
  'module',
  'build',
  'change',
  'file',
  'check',
  'stage',
  'guard',
  'rollback',
  'help',
  'trigger',
  'boot',
  'main',
]

/** The program that runs on the host: one POSIX sh text, made of the parts in `sh/`. */
export function hostScript(): string {
  return parts
    .map(part => readFileSync(new URL(`./sh/${part}.sh`, import.meta.url), 'utf8'))
    .join('')
}

let bytes: Uint8Array | undefined

/** The same, as it is sent; made once, for however many hosts. */
export function hostScriptBytes(): Uint8Array {
  bytes ??= Buffer.from(hostScript())
  return bytes
}
