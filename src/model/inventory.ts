import { z } from 'zod'

// As ssh takes a host's name; never something that could be an option.
export const hostName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:%-]*$/, 'a name as ssh takes it: web1, web1.example, 192.0.2.11')
const group = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]*$/, 'a name that begins with a letter')
const user = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.$@\\-]*$/, 'the name of a user')
const jump = z
  .string()
  .regex(/^[A-Za-z0-9[][A-Za-z0-9._:@%,[\]-]*$/, 'hosts as ProxyJump has them: user@bastion:22')
// `ssh -G` prints it as it is: a second line would be read as a setting of its own, such as another file of known hosts.
const path = z.string().regex(/^[^\n\r\0]+$/, 'the path of a file, in one line')
const value = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const vars = z.record(
  z.string().regex(/^[a-z][a-z0-9_]*$/, 'a name of small letters, digits and underscores'),
  value,
)

/** How ssh gets to a host. */
export const waySchema = z.strictObject({
  /** Where ssh connects to; the name itself where there is none. */
  address: hostName.optional(),
  user: user.optional(),
  port: z.number().int().min(1).max(65_535).optional(),
  /** Private key, beside those of ~/.ssh/config. */
  key: path.optional(),
  jump: jump.optional(),
})

const hostSchema = waySchema.extend({
  /** Values of playbook variables; what a playbook does not declare is left alone. */
  vars: vars.optional(),
})

const groupSchema = z.strictObject({
  hosts: z.array(hostName).optional(),
  /** Groups that are part of it. */
  groups: z.array(group).optional(),
  vars: vars.optional(),
})

/** An inventory as the YAML has it. */
export const inventorySchema = z.strictObject({
  'nicfix-inventory': z.literal(1),
  hosts: z.record(hostName, hostSchema.nullable()),
  groups: z.record(group, groupSchema).default({}),
  /** Of all hosts. */
  vars: vars.default({}),
})
export type InventoryFile = z.infer<typeof inventorySchema>

/** A host of an inventory with all that groups say of it. */
export type InventoryHost = {
  readonly name: string
  readonly address?: string | undefined
  readonly user?: string | undefined
  readonly port?: number | undefined
  readonly key?: string | undefined
  readonly jump?: string | undefined
  readonly vars: Readonly<Record<string, string>>
  /** True for the very machine that nicfix runs on. */
  readonly local?: boolean
  /** Why it cannot be reached as its inventory wants it. */
  readonly unsupported?: string
}

export type Inventory = {
  readonly path: string
  readonly hosts: ReadonlyMap<string, InventoryHost>
  /** Names of the hosts of each group, those of its own groups too. */
  readonly groups: ReadonlyMap<string, readonly string[]>
}
