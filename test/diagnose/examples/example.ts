import { port, readings } from '../make.ts'
import type { Parts } from '../make.ts'

/** A log, or parts of a bundle, or both. */
export type Example = string | { readonly log?: string; readonly parts: Parts }

export type Examples = { readonly yes: readonly Example[]; readonly no: readonly Example[] }

export const e = 'e1000e 0000:00:1f.6 eno1: '
export const i = 'i40e 0000:1a:00.2 eno3: '
export const down = `${e}NIC Link is Down\n`
export const up = `${e}NIC Link is Up 1000 Mbps Full Duplex, Flow Control: Rx/Tx\n`
export const flaps = `${down}${up}${down}${up}${down}${up}`
export const moves = (counter: string, by = 12) => ({
  parts: { ...port(), ...readings({ [counter]: by }) },
})
export const hostMoves = (what: string, by = 12) => ({
  parts: { ...port(), ...readings({}, { host: { [what]: by } }) },
})
export const eee = (status: string) => ({ eee: `EEE settings for eno1:\n\tEEE status: ${status}\n` })
