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

let script: string | undefined

/** The program that runs on the host: one POSIX sh text, made of the parts in `sh/`. Read once, for however many hosts. */
export function hostScript(): string {
  script ??= parts
    .map(part => readFileSync(new URL(`./sh/${part}.sh`, import.meta.url), 'utf8'))
    .join('')
  return script
}
