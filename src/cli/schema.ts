import { Argument, type Command } from 'commander'
import { fileKinds, jsonSchemaOf } from '../model/json-schema.ts'
import type { FileKind } from '../model/json-schema.ts'
import { printJson } from './options.ts'

/** `nicfix schema KIND`: for editors and other programs. */
export function wireSchema(program: Command): void {
  program
    .command('schema')
    .description('the JSON Schema of a file that nicfix reads or writes')
    .addArgument(new Argument('<kind>').choices(fileKinds))
    .action((kind: FileKind) => printJson(jsonSchemaOf(kind)))
}
