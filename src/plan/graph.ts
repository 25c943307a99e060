import type { Change, Plan } from '../model/plan.ts'
import type { Use } from '../model/playbook.ts'
import { listNames } from '../model/host-names.ts'
import { groupHosts } from './groups.ts'

type Phase = Change['phase']
type Node = { readonly phase: Phase; readonly text: string }

const titles: Readonly<Record<Phase, string>> = {
  build: 'A · build: no effect on the running system',
  trial: 'B · trial in memory: a power cut boots the old system',
  persist: 'C · persist: one atomic rename or removal each',
}

/** In which phase each action does its work; building comes first, and nothing is kept before the confirmation. */
const phaseOf: Readonly<Record<Use, Phase>> = {
  'driver.build': 'build',
  'driver.trial': 'trial',
  'nic.pause': 'trial',
  'nic.offload': 'trial',
  'nic.ring': 'trial',
  'nic.eee': 'trial',
  'driver.stock': 'trial',
  'host.run': 'trial',
  'driver.install': 'persist',
  'driver.remove': 'persist',
  'driver.boot-hook': 'persist',
  'nic.persist': 'persist',
}

/** A plan as a mermaid flowchart: what is done in which order, and where each way back begins. A part for each group. */
export function drawPlan({ hosts }: Plan): string {
  const groups = groupHosts(hosts).filter(({ plan }) => plan.changes.length > 0)
  const parts = groups.flatMap(({ plan, names }, at) => {
    const nodes = plan.changes.map(({ phase, id, title }) => ({ phase, text: `${id} ${title}` }))
    return drawPart(`g${at + 1}`, listNames(names), nodes)
  })
  return ['flowchart TD', ...(parts.length > 0 ? parts : ['  none["nothing to do"]']), ''].join(
    '\n',
  )
}

/** The steps of a playbook in the same way, before it is known which of them a host needs. */
export function drawPlaybook(
  name: string,
  steps: readonly { readonly id: string; readonly use: Use }[],
): string {
  const nodes = steps.map(({ id, use }) => ({ phase: phaseOf[use], text: `${id} · ${use}` }))
  return ['flowchart TD', ...drawPart('p', name, nodes), ''].join('\n')
}

function drawPart(part: string, title: string, nodes: readonly Node[]): string[] {
  const phases = (['build', 'trial', 'persist'] as const).map(phase => ({
    phase,
    nodes: nodes
      .map((node, at) => ({ ...node, id: `${part}_${at + 1}` }))
      .filter(node => node.phase === phase),
  }))
  const boxes = phases
    .filter(each => each.nodes.length > 0)
    .flatMap(each => [
      `    subgraph ${part}_${each.phase}[${quote(titles[each.phase])}]`,
      ...each.nodes.map(node => `      ${node.id}[${quote(node.text)}]`),
      '    end',
    ])
  const ids = (phase: Phase) =>
    phases.flatMap(each => (each.phase === phase ? each.nodes.map(({ id }) => id) : []))
  const [confirmed, kept, back] = ['confirmed', 'kept', 'back'].map(word => `${part}_${word}`)
  const way = [...ids('build'), ...ids('trial'), `${confirmed}`, ...ids('persist'), `${kept}`]
  const changing = [...ids('trial'), `${confirmed}`, ...ids('persist')]
  return [
    `  subgraph ${part}[${quote(title)}]`,
    ...boxes,
    `    ${confirmed}{{${quote('confirmed over a new SSH connection, all else as before?')}}}`,
    `    ${kept}([${quote('changed, and proven')}])`,
    `    ${back}([${quote('the host takes everything back by itself')}])`,
    `    ${way.join(' --> ')}`,
    ...changing.map(id => `    ${id} -.->|no| ${back}`),
    '  end',
  ]
}

/** Text in quotes; what mermaid would read as its own is written as an entity of it. */
const quote = (text: string): string =>
  `"${text.replaceAll(/["#<>&;`]/g, sign => `#${sign.charCodeAt(0)};`)}"`
