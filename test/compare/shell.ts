import { readFile } from 'node:fs/promises'
import { connect } from '../chaos/machine.ts'
import type { Attempt, Contender, Job, Moment, Said } from './contender.ts'
import { isUnloaded, runGroup, stockModule } from './contender.ts'
import type { Driver, Kind } from './modules.ts'
import { ports, versionOf } from './modules.ts'
import { moduleInGuest } from './start.ts'

const steps = new URL('steps.sh', import.meta.url)

/** The steps of a field report, started over SSH by a person who takes them back when they fail and the host answers. */
export const shell: Contender = {
  name: 'shell',
  when: whenReplacedInPlace,
  prepare,
  start: job => attempt(job, what => ['sh', '/root/steps.sh', what, ...argumentsOf(job)].join(' ')),
}

/** The same under nohup, so that it goes on when the connection breaks; the person looks in again until it has ended. */
export const nohup: Contender = {
  ...shell,
  name: 'shell-nohup',
  start: job =>
    attempt(
      job,
      what => {
        const call = `sh /root/steps.sh ${what} ${argumentsOf(job).join(' ')}`
        return `rm -f /root/steps.end; nohup sh -c '${call}; echo $? >/root/steps.end' >/root/steps.log 2>&1 </dev/null &`
      },
      true,
    ),
}

const argumentsOf = ({ driver, kind }: Job): string[] => [
  driver,
  ports[driver].port,
  moduleInGuest(driver, kind),
  versionOf(driver),
]

export function whenReplacedInPlace(moment: Moment, driver: Driver, kind: Kind): string {
  const target = stockModule(driver)
  const isNew = `cmp -s ${target} ${moduleInGuest(driver, kind)}`
  const conditions: Readonly<Record<Moment, string>> = {
    copying: `any ${target.replace(/[^/]*$/, '')}.ansible_tmp* || newer ${target}`,
    replaced: isNew,
    unloaded: isUnloaded(driver),
    'going back': `{ until ${isNew}; do sleep 0.05; done; ! ${isNew}; }`,
  }
  return conditions[moment]
}

async function prepare({ vm }: Job): Promise<void> {
  const connection = await connect(vm)
  const put = 'cat >/root/steps.sh'
  await connection.run(put, { stdin: await readFile(steps), timeoutMs: 30_000 })
  await connection.close()
}

function attempt(
  job: Job,
  command: (what: 'apply' | 'undo') => string,
  isDetached = false,
): Attempt {
  let now = runGroup('true', [])
  let isDead = false
  const ssh = async (text: string) => {
    now = runGroup('ssh', ['-F', job.sshConfig, 'target', text])
    if (isDead) now.kill()
    return now.ran
  }
  const go = async (what: 'apply' | 'undo') => {
    const begun = await ssh(command(what))
    if (!isDetached || begun.code !== 0) return begun
    for (let tries = 0; tries < 20; tries += 1) {
      const { code, output } = await ssh(
        'until [ -e /root/steps.end ]; do sleep 1; done; cat /root/steps.log; exit $(cat /root/steps.end)',
      )
      if (code !== 255) return { code, output }
    }
    return { code: 255, output: 'no connection any more' }
  }
  const work = async (): Promise<Said> => {
    const applied = await go('apply')
    if (applied.code === 0) return { claim: 'done', how: 'exit 0', output: applied.output }
    if (applied.code === 255 || applied.code === null) {
      const how = applied.code === null ? 'killed' : 'ssh: connection lost'
      return { claim: 'silent', how, output: applied.output }
    }
    const undone = await go('undo')
    const output = `${applied.output}${undone.output}`
    const how = `exit ${applied.code}, undo exit ${undone.code}`
    return { claim: undone.code === 0 ? 'as before' : 'failed', how, output }
  }
  return {
    said: work(),
    kill() {
      isDead = true
      now.kill()
    },
  }
}
