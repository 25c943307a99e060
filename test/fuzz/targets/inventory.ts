import { chooseHosts } from '../../../src/inventory/choose.ts'
import { loadInventory } from '../../../src/inventory/load.ts'
import { renderProblems } from '../../../src/report/problems.ts'
import { readText, textsOf, wordsOf } from '../corpus.ts'
import { inherited } from '../dirt.ts'
import { demand, demandPlain } from '../target.ts'
import type { Target } from '../target.ts'
import { yamlWords } from './playbook.ts'

const own = readText('examples/inventory.yaml')
const layered = `nicfix-inventory: 1
hosts: { h1: , h2: { port: 22, vars: { a: 1.10, b: true } } }
groups:
${Array.from({ length: 8 }, (_, at) => `  g${at}: { groups: [g${at + 1}, k${at + 1}] }\n  k${at}: { groups: [g${at + 1}, k${at + 1}] }\n`).join('')}
  g8: { hosts: [h1], vars: { a: x } }
  k8: { hosts: [h2], vars: { a: y } }
`
const ansible = JSON.stringify(
  {
    _meta: {
      hostvars: {
        h1: { ansible_host: '192.0.2.1', ansible_port: 2222, ansible_user: 'root', nic: 'eno1' },
        h2: { ansible_ssh_common_args: '-J user@bastion -o StrictHostKeyChecking=yes' },
        h3: { ansible_connection: 'local', ansible_become_method: 'su', list: [1, { a: null }] },
      },
    },
    all: { children: ['ungrouped', 'web', 'db'] },
    web: { hosts: ['h1', 'h2'], children: ['db'] },
    db: { hosts: ['h3'], vars: { x: 1 } },
    ungrouped: ['h4'],
  },
  null,
  1,
)
const samples = textsOf(own, layered, ansible, JSON.stringify(JSON.parse(ansible)))

const decoder = new TextDecoder('utf-8', { fatal: true })

export const inventoryTarget: Target = {
  samples,
  words: [...wordsOf(...samples), ...yamlWords, ...inherited, 'ansible_become_user'],
  largest: 256 * 1024,
  run(input) {
    const text = decode(input)
    if (text === null) return 'refused'
    const read = loadInventory(text, 'inventory.yaml')
    if ('problems' in read) {
      demand(read.problems.length > 0, 'it was refused without a problem')
      demandPlain(renderProblems(read.problems))
      return 'refused'
    }
    const { inventory } = read
    if (inventory.hosts.size > 0) chooseHosts(inventory, ['all'], [])
    for (const [name, members] of inventory.groups)
      demand(
        members.every(member => inventory.hosts.has(member)),
        `a member of ${name} is no host`,
      )
    return 'accepted'
  },
}

function decode(input: Buffer): string | null {
  try {
    return decoder.decode(input)
  } catch {
    return null
  }
}
