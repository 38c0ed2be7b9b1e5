import { Command, Option } from 'commander'
import type { Kind } from '../otp/kind-registry/kind.js'
import { hasCommand, type KindWithCommand } from '../otp/kind-registry/kind-command.js'
import { printable } from '../printable.js'
import { UsageError } from './exit-codes.js'

/**
 * Defines every command with its options. A command's code is loaded when it runs, so that
 * `--help` is fast.
 *
 * @param kinds their commands add a device
 */
export function createProgram(kinds: readonly Kind[]): Command {
  const program = new Command('otp-admin')
    .description('An admin panel that staff can only enter with a second factor.')
    .addHelpText('after', '\nSettings are environment variables, listed in docs/configuration.md.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(printable(text)) })
  addServerCommands(program)
  addUserCommands(program)
  for (const kind of kinds.filter(hasCommand)) addKindCommand(program, kind)
  program.commands.flatMap(({ options }) => options).forEach(takeOnce)
  return program
}

/** Rejects an option that is passed twice, because either of two users could be meant. */
function takeOnce(option: Option): void {
  const takesOneValue = option.required && option.parseArg === undefined
  if (!takesOneValue) return
  option.argParser((value, before) => {
    if (before !== undefined) throw new UsageError([`${option.long}: must be given only once`])
    return value
  })
}

function addServerCommands(program: Command): void {
  program
    .command('serve')
    .description('run the server (what `npm start` does)')
    .action(async () => await (await import('./serve.js')).serve())
  program
    .command('migrate')
    .description('bring the database up to date')
    .action(async () => await (await import('./migrate.js')).migrateCommand())
  program
    .command('seed')
    .description('add demo users to the database (not in production)')
    .action(async () => await (await import('./seed.js')).seedCommand())
  program
    .command('rotate-keys')
    .description('encrypt everything again with the newest of SECRET_KEYS, and print which keys are still needed')
    .action(async () => await (await import('./rotate-keys.js')).rotateKeysCommand())
}

function addUserCommands(program: Command): void {
  program
    .command('create-user')
    .description('create a user; prints a generated password unless you pass one on standard input')
    .requiredOption('--email <E>', 'email address to sign in with')
    .option('--name <N>', "the user's name")
    .option('--staff', 'can open the panel')
    .option('--superuser', 'can open the panel and change every user; includes --staff')
    .option('--group <G>', 'add the user to this group (repeatable)', collect, [])
    .addOption(
      new Option('--invite', 'set no password, and print only a link for setting up the account').conflicts(
        'passwordStdin',
      ),
    )
    .option(
      '--password-stdin',
      'read the password from standard input (same rules as on the pages; one trailing newline is dropped)',
    )
    .action(async (options: unknown) => await (await import('./create-user.js')).createUser(options))
  program
    .command('invite')
    .description('print a link for setting up a device (works once, for 24 hours)')
    .requiredOption('--user <E>', "the user's email address")
    .action(async (options: unknown) => await (await import('./invite.js')).invite(options))
  program
    .command('unlock')
    .description('end the locks and throttles of a user and all their devices')
    .requiredOption('--user <E>', "the user's email address")
    .action(async (options: unknown) => await (await import('./unlock.js')).unlock(options))
  program
    .command('two-factor-status')
    .description('print `E: enabled` or `E: disabled` for each user')
    .argument('<E...>', 'email addresses')
    .action(async (emails: string[]) => await (await import('./two-factor-status.js')).twoFactorStatus(emails))
  program
    .command('two-factor-disable')
    .description('remove all devices of these users (if one of them is unknown, nothing changes)')
    .argument('<E...>', 'email addresses')
    .action(async (emails: string[]) => await (await import('./two-factor-disable.js')).twoFactorDisable(emails))
}

/** Defines a command that adds a device of one kind. */
function addKindCommand(program: Command, kind: KindWithCommand): void {
  const { command } = kind
  const defined = program
    .command(command.name)
    .description(command.description)
    .requiredOption('--user <E>', "the user's email address")
  for (const { flags, description } of command.options) defined.option(flags, description)
  defined.action(async (options: unknown) => await (await import('./add-device.js')).addDeviceCommand(kind, options))
}

/** Collects the values of an option that can be repeated. */
function collect(value: string, before: string[]): string[] {
  return [...before, value]
}
