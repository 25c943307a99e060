import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { changeMachine } from '../../machines/change.ts'
import { drawMachine } from '../../machines/diagram.ts'
import { runMachine } from '../../machines/run.ts'
import { exitCodes } from '../../src/model/exit.ts'
import { refusals, stepSchema } from '../../src/model/playbook.ts'
import { txStates } from '../../src/model/tx.ts'
import { catalogue } from '../../src/problems.ts'
import { findFault, listCalls, makeProgram, readCode, readText } from './commands.ts'

const root = new URL('../../', import.meta.url)
const docs = readdirSync(new URL('docs', root)).map(name => `docs/${name}`)
const pages = ['README.md', ...docs]

/** Rows of the Markdown tables of a text, as cells without their code marks. */
function readRows(text: string): string[][] {
  return text
    .split('\n')
    .filter(line => line.startsWith('|'))
    .map(line =>
      line
        .slice(1, -1)
        .split('|')
        .map(cell => cell.trim().replaceAll('`', '')),
    )
}

const firstCells = (path: string) => readRows(readText(path)).map(([first]) => first)

describe('pages', () => {
  it.each(pages)('calls nicfix only as it can be called: %s', path => {
    const calls = listCalls(readCode(readText(path)))
    const faults = calls.map(words => [words.join(' '), findFault(words)])
    expect(faults.filter(([, fault]) => fault !== null)).toEqual([])
  })

  it.each(pages)('links to files that there are: %s', path => {
    const links = Array.from(readText(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g), match => match[1])
    const base = new URL(`${dirname(path)}/`, root)
    expect(links.filter(link => !existsSync(new URL(link ?? '', base)))).toEqual([])
  })
})

describe('errors.md', () => {
  it('has every code with its exit code and what it is about, in order', () => {
    const rows = readRows(readText('docs/errors.md')).filter(([code]) => /^NF\d/.test(code ?? ''))
    expect(rows).toEqual(
      Object.entries(catalogue).map(([code, { exitCode, about }]) => [code, String(exitCode), about]),
    )
  })
})

describe('README.md', () => {
  it('has every command', () => {
    const commands = makeProgram().commands.filter(each => each.name() !== 'help')
    const listed = firstCells('README.md').map(cell => cell?.split(' ')[0])
    for (const command of commands) expect(listed).toContain(command.name())
  })

  it('has every exit code', () => {
    const listed = firstCells('README.md')
    for (const code of [...Object.values(exitCodes), 130]) expect(listed).toContain(String(code))
  })
})

describe('playbooks.md', () => {
  it('has every step and every condition', () => {
    const cells = firstCells('docs/playbooks.md')
    const steps = stepSchema.options.map(option => option.shape.use.value)
    for (const word of [...steps, ...refusals]) expect(cells).toContain(word)
  })
})

describe('how-it-works.md', () => {
  const text = readText('docs/how-it-works.md')

  it.each([
    ['run', runMachine],
    ['change', changeMachine],
  ])('shows the machine as it is drawn: %s', (_, machine) => {
    expect(text).toContain(`\`\`\`mermaid\n${drawMachine(machine).trimEnd()}\n\`\`\``)
  })

  it('has every state of a transaction', () => {
    const cells = firstCells('docs/how-it-works.md')
    for (const state of txStates) expect(cells).toContain(state)
  })
})
