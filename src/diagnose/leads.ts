import type { Finding, Lead, Rate } from '../model/diagnosis.ts'
import { groupOf } from './counters.ts'
import type { CounterGroup } from './counters.ts'
import { fill } from './offer.ts'
import type { Case } from './port.ts'

export type Leads = { readonly ruledOut: readonly Lead[]; readonly open: readonly Lead[] }

type Told = { readonly lead: string; readonly out?: string; readonly open?: string }

/**
 * What is usually thought of beside the findings: dismissed with what speaks against it, or left open with how to find
 * out. Nothing is dismissed for want of data.
 */
export function followLeads(found: Case, findings: readonly Finding[]): Leads {
  const told = [flowControl, layerOne, energy, ring, hang, bridging, queue].flatMap(
    ask => ask(found, findings) ?? [],
  )
  return {
    ruledOut: told.flatMap(({ lead, out }) =>
      out === undefined ? [] : [{ lead, why: fill(out, found) }],
    ),
    open: told.flatMap(({ lead, open }) =>
      open === undefined ? [] : [{ lead, why: fill(open, found) }],
    ),
  }
}

const has = (findings: readonly Finding[], ...ids: readonly string[]): boolean =>
  findings.some(({ signature }) => ids.includes(signature))

const countersOf = ({ rates }: Case, ...groups: readonly CounterGroup[]): Rate[] =>
  rates.filter(({ counter }) => groups.includes(groupOf(counter)!))

const isFlat = (rates: readonly Rate[]): boolean =>
  rates.length > 0 && rates.every(({ delta }) => delta === 0)

const tellUnread = ({ watchedSeconds }: Case): string =>
  watchedSeconds === null ? 'no counters were read' : 'no counter that was read tells'

const during = ({ watchedSeconds }: Case): string => `in ${Math.round(watchedSeconds ?? 0)} s`

function flowControl(found: Case, findings: readonly Finding[]): Told | null {
  if (has(findings, 'pause-flaps')) return null
  const lead = 'flow control (ethtool -A)'
  const { state, device } = found
  if (state?.pause && !state.pause.rx && !state.pause.tx)
    return { lead, out: 'off on this port: ethtool -a {name} says RX off, TX off' }
  const frames = countersOf(found, 'pause')
  if (isFlat(frames))
    return {
      lead,
      out: `no pause frame was sent or received ${during(found)}: ${frames
        .map(({ counter }) => counter)
        .slice(0, 2)
        .join(', ')} +0`,
    }
  if (frames.length > 0) return null
  const advertised = state?.advertisedPause ?? device?.advertisedPause ?? null
  if (advertised === 'No')
    return { lead, out: 'this port does not offer it: Advertised pause frame use: No' }
  const up = device?.lastUp ?? ''
  const [, agreed = ''] = /Flow [Cc]ontrol: ([\w/ -]+)/.exec(up) ?? []
  if (/^none/i.test(agreed))
    return { lead, out: 'both ends have agreed on none: Flow Control: None at the last link-up' }
  const known =
    agreed === ''
      ? ''
      : `both ends have agreed on it (Flow Control: ${agreed.trim()}), which is ordinary and no fault. `
  return {
    lead,
    open: `${known}Whether pause frames are exchanged is not known: ${tellUnread(found)}`,
  }
}

function layerOne(found: Case, findings: readonly Finding[]): Told | null {
  if (has(findings, 'crc-errors', 'alignment-errors', 'symbol-errors', 'half-duplex')) return null
  const lead = 'damaged frames (cable, optics)'
  const errors = countersOf(found, 'crc', 'alignment', 'symbol')
  if (isFlat(errors))
    return {
      lead,
      out: `none ${during(found)}: ${errors
        .map(({ counter }) => counter)
        .slice(0, 3)
        .join(', ')} +0`,
    }
  return errors.length > 0 ? null : { lead, open: tellUnread(found) }
}

function energy({ state }: Case, findings: readonly Finding[]): Told | null {
  if (!has(findings, 'link-flaps') || has(findings, 'eee-flaps')) return null
  const lead = 'energy-efficient Ethernet'
  if (state === null) return { lead, open: 'see `ethtool --show-eee {name}`' }
  return state.eeeActive
    ? null
    : { lead, out: state.eee === null ? 'this port has none' : 'not active on this link' }
}

function ring(found: Case, findings: readonly Finding[]): Told | null {
  if (has(findings, 'ring-full')) return null
  const missed = countersOf(found, 'missed')
  return isFlat(missed)
    ? {
        lead: 'a full receive ring',
        out: `no frame was missed ${during(found)}: ${missed
          .map(({ counter }) => counter)
          .slice(0, 2)
          .join(', ')} +0`,
      }
    : null
}

function hang({ device, gathered }: Case, findings: readonly Finding[]): Told | null {
  if (device?.driver !== 'e1000e' || has(findings, 'e1000e-hang')) return null
  const lines = gathered.logs.reduce((sum, log) => sum + log.lines, 0)
  return lines > 0
    ? {
        lead: 'a hang of the transmitter',
        out: `no "Detected Hardware Unit Hang" in ${lines} lines of log`,
      }
    : null
}

const x722Gigabit = /X722 for 1GbE|8086:37d1/

function bridging(
  { device, state, collected, gathered }: Case,
  findings: readonly Finding[],
): Told | null {
  if (!has(findings, 'i40e-timeout') || has(findings, 'dcb-failed')) return null
  const lead = 'data center bridging (DCB, LLDP)'
  const built = collected.dcbBuilt ?? gathered.heard.dcbBuilt
  const ofKernel = built
    ? '; CONFIG_DCB=y says that the kernel could, and nothing of this port'
    : ''
  const model = `${state?.pciId ?? ''} ${state?.model ?? device?.model ?? ''}`
  if (x722Gigabit.test(model)) return { lead, out: `1 GbE ports of X722 have no DCB${ofKernel}` }
  return { lead, out: `no line of DCB or LLDP that failed${ofKernel}` }
}

/** A queue that sends and does not receive is often taken for a proof. */
function queue(found: Case): Told | null {
  for (const group of found.groups) {
    const [, digits] =
      /(?:transmit queue|, Q|hung_queue|txqueue) (\d+)/.exec(group.first.line) ?? []
    if (digits === undefined) continue
    const rate = (way: string) =>
      found.rates.find(
        ({ counter }) =>
          counter === `${way}-${digits}.${way}_packets` ||
          counter === `${way}_queue_${digits}_packets`,
      )
    const [sent, received] = [rate('tx'), rate('rx')]
    if (sent && received && sent.delta > 0 && received.delta === 0)
      return {
        lead: `queue ${digits} receives nothing`,
        out: `no proof of a fault: it sends (+${sent.delta} ${during(found)}), and which queue receives is decided by the hash of the sender’s addresses (RSS)`,
      }
  }
  return null
}
