import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const here = new URL('../../src/cli/main.ts', import.meta.url).href
const end = new URL('../../src/cli/end.ts', import.meta.url).href

it('work that waits for what cannot happen any more does not end as if it were done', () => {
  const script = `
    const { toItsEnd } = await import(${JSON.stringify(end)})
    toItsEnd(new Promise(() => {})).catch(error => {
      console.log(error.problems[0].code)
      process.exitCode = error.problems[0].exitCode
    })`
  const argv = ['--input-type=module', '-e', script]
  const ran = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  expect(ran).toMatchObject({ status: 6, stdout: 'NF9004\n' })
})

it('a command that is done ends at once, with the exit code that it set', () => {
  const script = `const { main } = await import(${JSON.stringify(here)}); await main(['explain', 'NF9004'])`
  const argv = ['--input-type=module', '-e', script]
  const ran = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  expect(ran.status).toBe(0)
  expect(ran.stdout).toContain('exit 6')
})
