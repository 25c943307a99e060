import { readFileSync } from 'node:fs'
import { assert, json, oneof, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseHosts } from '../../src/inventory/choose.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import type { Inventory } from '../../src/model/inventory.ts'
import { Trouble } from '../../src/problems.ts'
import { renderProblems } from '../../src/report/problems.ts'

const example = readFileSync(new URL('../../examples/inventory.yaml', import.meta.url), 'utf8')

function loaded(text: string): Inventory {
  const result = loadInventory(text, 'inventory.yaml')
  if ('problems' in result) throw new Error(result.problems.map(each => each.message).join('\n'))
  return result.inventory
}

function told(text: string): string {
  const result = loadInventory(text, 'inventory.yaml')
  return 'problems' in result ? renderProblems(result.problems, { colour: false }) : 'no problem'
}

const head = 'nicfix-inventory: 1\n'
const names = (inventory: Inventory, wanted: string[], limit: string[] = []) =>
  chooseHosts(inventory, wanted, limit).map(({ name }) => name)

describe('an inventory', () => {
  it('gives each host what its groups say, the inner one last, and its own word over all', () => {
    const { hosts } = loaded(example)
    expect(hosts.get('pve1')).toMatchObject({ vars: { nic: 'eno2', site: 'fra1' } })
    expect(hosts.get('pve2')).toMatchObject({ port: 2222, vars: { nic: 'eno1', site: 'fra1' } })
    expect(hosts.get('web1')).toEqual({ name: 'web1', vars: { site: 'fra1' } })
    expect(hosts.get('storage1')).toMatchObject({ jump: 'bastion.example.com', user: 'admin' })
  })

  it('keeps values as they are written', () => {
    const { hosts } = loaded(`${head}hosts: { h1: { vars: { version: 2.10, on: true } } }`)
    expect(hosts.get('h1')?.vars).toEqual({ version: '2.10', on: 'true' })
  })

  it('is chosen from by name, group or pattern, in its own order, and narrowed by a limit', () => {
    const inventory = loaded(example)
    expect(names(inventory, ['all'])).toEqual(['web1', 'pve1', 'pve2', 'storage1'])
    expect(names(inventory, ['metal'])).toEqual(['pve1', 'pve2', 'storage1'])
    expect(names(inventory, ['storage1', 'pve', 'pve1'])).toEqual(['pve1', 'pve2', 'storage1'])
    expect(names(inventory, ['*1'])).toEqual(['web1', 'pve1', 'storage1'])
    expect(names(inventory, ['all'], ['pve'])).toEqual(['pve1', 'pve2'])
  })

  it('has an error for a word that nobody has, with a guess, and for a choice that is empty', () => {
    const inventory = loaded(example)
    const tell = (wanted: string[], limit: string[] = []) => {
      try {
        return names(inventory, wanted, limit).join(' ')
      } catch (error) {
        const { problems } = error as Trouble
        return problems.map(each => [each.message, ...each.details].join(' | ')).join('\n')
      }
    }
    expect(tell(['pwe1', 'x*'])).toBe(
      'inventory.yaml has no host or group pwe1 | did you mean "pve1"? | groups: metal, pve, all\n' +
        'inventory.yaml has no host or group x* | groups: metal, pve, all',
    )
    expect(tell(['web1'], ['pve'])).toBe(
      'no host of inventory.yaml is in both: web1 and --limit pve',
    )
  })

  it.each([
    ['an unknown key', 'hosts: { h1: { adress: 192.0.2.1 } }', 'did you mean "address"?'],
    ['a name that ssh could take for an option', 'hosts: { -oProxyCommand=x: }', 'wrong name'],
    ['an address of that kind', 'hosts: { h1: { address: "-oX" } }', 'wrong value'],
    ['a user of that kind', 'hosts: { h1: { user: "-oX" } }', 'wrong value'],
    [
      'a key that brings a setting of its own',
      'hosts: { h1: { key: "k\\nuserknownhostsfile evil" } }',
      'the path of a file, in one line',
    ],
    ['a host that is no name', 'hosts: { __proto__: { port: 1 } }', 'a key must not be'],
    ['a group that is no name', 'hosts: { a: }\ngroups: { __proto__: {} }', 'a key must not be'],
    ['a key twice', 'hosts: { a: , a: }', 'map keys must be unique'],
    ['an alias of many', 'hosts: &h { a: *h }', 'aliases are not allowed'],
    ['a jump of that kind', 'hosts: { h1: { jump: "-oX" } }', 'wrong value'],
    ['a port that is none', 'hosts: { h1: { port: 70000 } }', 'wrong value for "hosts.h1.port"'],
    [
      'a host that is not there',
      'hosts: { web1: }\ngroups: { g: { hosts: [web2] } }',
      'did you mean "web1"?',
    ],
    ['a group that is not there', 'hosts: { a: }\ngroups: { g: { groups: [x] } }', 'no group "x"'],
    [
      'a group in itself',
      'hosts: { a: }\ngroups: { g: { groups: [k] }, k: { groups: [g] } }',
      'a part of itself',
    ],
    ['one name for two', 'hosts: { a: }\ngroups: { a: {} }', 'the name of a host and of a group'],
    ['a group all', 'hosts: { a: }\ngroups: { all: {} }', 'is there by itself'],
    ['an alias', 'hosts: { a: &x { port: 1 }, b: *x }', 'aliases are not allowed in an inventory'],
    ['no map', 'nothing', 'implicit map keys need to be followed by map values'],
  ])('is refused with its place: %s', (_, text, says) => {
    expect(told(head + text)).toContain(says)
    expect(told(head + text)).toMatch(/inventory\.yaml:\d+:\d+/)
  })

  it('is refused where two groups say different things of one host, unless that has its own word', () => {
    const groups =
      'groups: { g: { hosts: [a], vars: { nic: x } }, k: { hosts: [a], vars: { nic: y } } }'
    expect(told(`${head}hosts: { a: }\n${groups}`)).toContain('which say different things of "nic"')
    expect(told(`${head}hosts: { a: { vars: { nic: z } } }\n${groups}`)).toBe('no problem')
  })

  it('lets no name of a value reach what all values have in common', () => {
    const text =
      'vars: { __proto__: { x: 1 }, constructor: y }\nhosts: { a: { vars: { toString: z } } }'
    expect(told(head + text)).toContain('a key must not be "__proto__"')
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('never throws, whatever the text', () => {
    const any = oneof(string(), json())
    assert(property(any, text => told(text).length > 0 && told(head + text).length > 0))
  })
})

describe('the inventory that ansible-inventory --list prints', () => {
  const listing = {
    _meta: {
      hostvars: {
        web1: {
          ansible_host: '192.0.2.1',
          ansible_port: 2222,
          ansible_user: 'deploy',
          nic: 'eno1',
        },
        web2: { ansible_ssh_common_args: '-o ProxyJump=bastion', secret: { __ansible_vault: 'x' } },
        win1: { ansible_connection: 'winrm' },
        odd1: { ansible_ssh_common_args: '-o ProxyCommand="nc %h"', ansible_become_user: 'bob' },
        key1: { ansible_ssh_private_key_file: 'k\nuserknownhostsfile evil' },
        '-oX': { ansible_host: '-oProxyCommand=x', ansible_user: 'a b' },
        here: { ansible_connection: 'local' },
      },
    },
    all: { children: ['ungrouped', 'web', 'prod'] },
    web: { hosts: ['web1', 'web2'] },
    prod: { children: ['web'], hosts: ['win1'] },
  }
  const inventory = loaded(JSON.stringify(listing))

  it('is read with its groups, children and the ways to its hosts', () => {
    expect(names(inventory, ['prod'])).toEqual(['web1', 'web2', 'win1'])
    expect(inventory.hosts.get('web1')).toMatchObject({
      address: '192.0.2.1',
      port: 2222,
      user: 'deploy',
      vars: { nic: 'eno1' },
    })
    expect(inventory.hosts.get('web2')).toMatchObject({ jump: 'bastion', vars: {} })
    expect(inventory.hosts.get('here')).toMatchObject({ local: true })
  })

  it('has hosts that nicfix cannot reach so, and says why', () => {
    expect(inventory.hosts.get('key1')?.unsupported).toBe('ssh would not take its key')
    expect(inventory.hosts.get('win1')?.unsupported).toBe('ansible_connection is winrm')
    expect(inventory.hosts.get('-oX')?.unsupported).toBe(
      'ssh would not take its name; ssh would not take its address; ssh would not take its user',
    )
    expect(inventory.hosts.get('odd1')?.unsupported).toBe(
      'ssh arguments that nicfix does not take: -o ProxyCommand="nc %h"; ansible_become_user is bob',
    )
  })

  it('must say what its hosts are', () => {
    expect(told(JSON.stringify({ all: { children: ['web'] }, web: { hosts: ['a'] } }))).toContain(
      'does not say what its hosts are',
    )
  })
})

describe('an inventory that somebody has made large', () => {
  const steps = Array.from({ length: 60 }, (_, at) => at)

  it('may lead to a group in more ways than can be counted', () => {
    const ways = steps.flatMap(at => [`a${at}`, `b${at}`].map(name => ({ name, at: at + 1 })))
    const groups = ways.map(({ name, at }) => `  ${name}: { groups: [a${at}, b${at}] }\n`)
    const last = '  a60: { hosts: [h1] }\n  b60: { hosts: [h2] }\n'
    const inventory = loaded(`${head}hosts: { h1: , h2: }\ngroups:\n${groups.join('')}${last}`)
    expect(names(inventory, ['a0'])).toEqual(['h1', 'h2'])

    const listed = ways.map(({ name, at }) => [name, { children: [`a${at}`, `b${at}`] }])
    const meta = { hostvars: {} }
    const ansible = { _meta: meta, ...Object.fromEntries(listed), a60: ['h1'], b60: ['h2'] }
    expect(names(loaded(JSON.stringify(ansible)), ['a0'])).toEqual(['h1', 'h2'])
  })

  it('is not read as YAML beyond 1 MiB', () => {
    expect(told(`${head}${'#'.repeat(5_000_000)}`)).toContain('error[NF1030]')
    const meta = { hostvars: { h1: { text: '#'.repeat(5_000_000) } } }
    expect(names(loaded(JSON.stringify({ _meta: meta })), ['all'])).toEqual(['h1'])
  })

  it('has no hosts whose names are lists', () => {
    const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const inventory = loaded(`{ "_meta": { "hostvars": {} }, "a": { "hosts": ["h1", ${nested}] } }`)
    expect(names(inventory, ['a'])).toEqual(['h1'])
  })
})
