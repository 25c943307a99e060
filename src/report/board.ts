import { show } from './problems.ts'
import { isGood, tellAsk, tellEnd, tellGuard } from './progress.ts'
import type { HostProgress, Progress } from './progress.ts'
import { countHosts } from './tally.ts'
import type { HostEnd } from './tally.ts'
import { tellAge, tellOutcome, tellState } from './words.ts'

export type BoardOptions = {
  readonly hosts: readonly string[]
  /** Hosts at a time. */
  readonly atOnce: number
  readonly write: (text: string) => void
  readonly size: () => { readonly columns: number; readonly rows: number }
  readonly nowMs: () => number
}

type Running = { state: string; enteredMs: number; detail: string; isAway: boolean }

const mostRows = 10
const barWidth = 20
const calm = new Set<HostEnd>(['changed', 'unchanged', 'skipped'])

/**
 * Many hosts on a terminal: a block of fixed height at its foot, with how many are how far, the ones that are off the
 * network and the ones that have been in their state for longest. Above it stays what went wrong and what somebody has to do, a line each.
 */
export function makeBoard({ hosts, atOnce, write, size, nowMs }: BoardOptions): Progress {
  const running = new Map<string, Running>()
  const ends = new Map<string, HostEnd>()
  const beganMs = nowMs()
  const nameWidth = Math.max(...hosts.map(host => host.length))
  let drawn: readonly string[] = []

  const height = () => Math.min(1 + Math.min(atOnce, hosts.length), mostRows, size().rows - 2)

  function lines(): string[] {
    const bar = Math.floor((barWidth * ends.size) / hosts.length)
    const counts = countHosts(hosts, ends, running.size)
    const head = `  ${'█'.repeat(bar)}${'░'.repeat(barWidth - bar)}  ${counts} · ${tellAge(nowMs() - beganMs)}`
    const oldest = [...running].toSorted(
      ([, a], [, b]) => Number(b.isAway) - Number(a.isAway) || a.enteredMs - b.enteredMs,
    )
    const rows = oldest.map(([host, { state, enteredMs, detail }]) => {
      const age = tellAge(nowMs() - enteredMs).padStart(7)
      return `    ${host.padEnd(nameWidth)}  ${age}  ${tellState(state)}${detail}`
    })
    const whole = [head, ...rows, ...Array.from({ length: mostRows }, () => '')]
    return whole.slice(0, Math.max(1, height())).map(line => line.slice(0, size().columns - 1))
  }

  const erase = () => (drawn.length === 0 ? '' : `\u001B[${drawn.length}A\r\u001B[J`)

  function draw(above: readonly string[] = []): void {
    const now = lines()
    if (above.length === 0 && now.join('\n') === drawn.join('\n')) return
    write(`${erase()}${[...above, ...now].map(line => `${line}\n`).join('')}`)
    drawn = now
  }

  const of = (host: string): HostProgress => {
    const detail = (text: string, isAway = false) => {
      const mine = running.get(host)
      if (mine) Object.assign(mine, { detail: text, isAway })
    }
    return {
      onState(state, said) {
        const { enteredMs = nowMs() } = running.get(host) ?? {}
        if (!said) running.set(host, { state, enteredMs: nowMs(), detail: '', isAway: false })
        else if (!isGood(said)) draw([tellEnd(host, state, said, nowMs() - enteredMs)])
      },
      ask: text => draw([tellAsk(host, text)]),
      note: text => detail(` · ${show(text)}`),
      away: (_awayMs, seconds) => detail(` · off the network, expected${tellGuard(seconds)}`, true),
      back: () => detail(''),
    }
  }

  return {
    of,
    ended(host, end, why) {
      running.delete(host)
      ends.set(host, end)
      draw(calm.has(end) ? [] : [`  ${host}  ${why ?? tellOutcome(end)}`])
    },
    say: text => draw([text]),
    tick: () => draw(),
    close() {
      write(erase())
      drawn = []
    },
  }
}
