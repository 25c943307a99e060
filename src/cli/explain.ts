import { Argument, type Command } from 'commander'
import { catalogue } from '../problems.ts'
import { print } from './options.ts'

/** `nicfix explain [CODE]`. */
export function wireExplain(program: Command): void {
  program
    .command('explain')
    .description('what an error code is about')
    .addArgument(new Argument('[code]', 'such as NF3001').argParser(code => code.toUpperCase()))
    .action((asked: string | undefined) => {
      const entries = Object.entries(catalogue).filter(([code]) => !asked || code === asked)
      if (entries.length === 0) program.error(`error: there is no error ${asked}`)
      for (const [code, { about, exitCode }] of entries) {
        print(`${code}  ${about}  (exit ${exitCode})`)
      }
    })
}
