import { Command, Option } from 'commander'
import { printable } from '../printable.js'
import { UsageError } from './exit-codes.js'

/**
 * Defines every command with its options. A command's code is loaded when it runs, so that
 * `--help` is fast.
 */
export function createProgram(): Command {
  const program = new Command('otp-admin')
    .description('An admin panel that staff can only enter with a second factor.')
    .addHelpText('after', '\nSettings are environment variables, listed in docs/configuration.md.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(printable(text)) })
  addServerCommands(program)
  addUserCommands(program)
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
    .command('add-static-token')
    .description('add one backup token and print it, so that the user can sign in and set up a first device')
    .requiredOption('--user <E>', "the user's email address")
    .option(
      '--token-stdin',
      'read the token from standard input (recommended): 16 Base32 characters, spaces and hyphens allowed',
    )
    .option('--token <T>', 'use this token; other users of the machine can read it while the command runs')
    .action(async (options: unknown) => await (await import('./add-static-token.js')).addStaticTokenCommand(options))
  program
    .command('add-hotp')
    .description('add a confirmed counter-based hardware token (HOTP) and print its persistent ID')
    .requiredOption('--user <E>', "the user's email address")
    .option('--key-stdin', 'read its key from standard input (recommended): hex, Base32 or an otpauth://hotp URI')
    .option('--key <K>', 'use this key; other users of the machine can read it while the command runs')
    .option('--name <N>', 'name shown to its owner')
    .option('--digits <D>', 'digits per code, 6 or 8')
    .option('--counter <C>', 'counter of the next code')
    .action(async (options: unknown) => await (await import('./add-hotp.js')).addHotp(options))
  program
    .command('add-totp')
    .description('add a confirmed authenticator app and print its otpauth:// URI and a QR code')
    .requiredOption('--user <E>', "the user's email address")
    .option(
      '--key-stdin',
      'read the secret from standard input (recommended), in hex; without it, 160 random bits are used',
    )
    .option('--key <HEX>', 'use this secret; other users of the machine can read it while the command runs')
    .action(async (options: unknown) => await (await import('./add-totp.js')).addTotp(options))
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

/** Collects the values of an option that can be repeated. */
function collect(value: string, before: string[]): string[] {
  return [...before, value]
}
