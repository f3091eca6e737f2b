/**
 * `npm run people -- ...`: who may log in, for operators at this machine, above all when nobody can log in any more.
 * Exit codes: 0 done, 1 it failed, 2 wrong usage.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { loadEnvironmentFile, readConfig } from '../src/app/config.ts';
import { KefuError } from '../src/core/errors.ts';
import type { OpeningHours } from '../src/core/hours.ts';
import { languages } from '../src/core/language.ts';
import { loginSchema, personFieldsSchema, roles, type Person } from '../src/core/people.ts';
import { newProfile } from '../src/people/profile.ts';
import { describeHours, parseHours } from './people/hours.ts';
import { openPeopleDesk, type PeopleDesk } from './people/desk.ts';
import { runTool, UsageError } from './lib/run-tool.ts';

const usage = `Who may log in to Kefu (docs/people.md).

  npm run people -- list
  npm run people -- add LOGIN --role ${roles.join('|')} [--name NAME] [--teams A,B]
                    [--languages ${languages.join(',')}] [--code]     --code: must log in with a one-time code
  npm run people -- reset-password LOGIN     a new password, to be changed at the next log-in; ends a lock-out
  npm run people -- reset-code LOGIN         for somebody who lost the authenticator
  npm run people -- hours LOGIN --time-zone Europe/Berlin --on mon-fri=09:00-12:00,13:00-18:00
                    [--on sat=10:00-14:00] [--off 2026-12-25,2026-12-26]     when this person works
  npm run people -- hours LOGIN --always     without hours: whenever the person chooses to
  npm run people -- disable LOGIN            ends all sessions, too
  npm run people -- enable LOGIN

Works on the data folder or database of the settings, through the Kefu that runs on it, if one does.
`;

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        role: { type: 'string' },
        name: { type: 'string' },
        teams: { type: 'string' },
        languages: { type: 'string' },
        'time-zone': { type: 'string' },
        on: { type: 'string', multiple: true, default: [] },
        off: { type: 'string' },
        always: { type: 'boolean', default: false },
        code: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
type Values = ReturnType<typeof readArguments>['values'];

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const listOf = (text: string | undefined) => text?.split(',').map((part) => part.trim());

const commands: Readonly<Record<string, (desk: PeopleDesk, login: string, values: Values) => Promise<void>>> =
  {
    async list(desk) {
      const people = await desk.list();
      if (people.length === 0) print('Nobody yet. Open Kefu in a browser on this machine, or use "add".');
      for (const person of people) print(describe(person));
    },
    async add(desk, login, values) {
      const fields = personFieldsSchema.safeParse({
        login,
        name: values.name ?? login,
        role: values.role,
        profile: {
          ...newProfile,
          teams: listOf(values.teams) ?? [],
          languages: listOf(values.languages) ?? newProfile.languages,
        },
        codeRequired: values.code,
      });
      if (!fields.success) throw new UsageError(z.prettifyError(fields.error));
      const { person, temporaryPassword } = await desk.add(fields.data);
      print(`${describe(person)}\nPassword for the first log-in: ${temporaryPassword}`);
    },
    async 'reset-password'(desk, login) {
      const { id } = await personOf(desk, login);
      const { temporaryPassword } = await desk.resetPassword(id);
      print(`Password for the next log-in: ${temporaryPassword}`);
    },
    async 'reset-code'(desk, login) {
      const { id } = await personOf(desk, login);
      await desk.resetCode(id);
      print(`${login} logs in without a one-time code until a new authenticator is enrolled.`);
    },
    async hours(desk, login, values) {
      const hours = hoursFrom(values);
      const { id, profile } = await personOf(desk, login);
      const person = await desk.change(id, { profile: { ...profile, hours } });
      print(describe(person));
    },
    async disable(desk, login) {
      const { id } = await personOf(desk, login);
      await desk.change(id, { disabled: true });
      print(`${login} is logged out everywhere and cannot log in any more.`);
    },
    async enable(desk, login) {
      const { id } = await personOf(desk, login);
      await desk.change(id, { disabled: false });
      print(`${login} may log in again.`);
    },
  };

/** Undefined for `--always`. */
function hoursFrom({ always, on, off, 'time-zone': timeZone }: Values): OpeningHours | undefined {
  if (always) {
    if (on.length > 0 || off !== undefined || timeZone !== undefined)
      throw new UsageError('--always goes with no other option.');
    return undefined;
  }
  if (timeZone === undefined || on.length === 0)
    throw new UsageError('hours takes --time-zone and --on, or --always.');
  try {
    return parseHours({ timeZone, on, off });
  } catch (error) {
    if (error instanceof z.ZodError) throw new UsageError(z.prettifyError(error), { cause: error });
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

async function personOf(desk: PeopleDesk, login: string): Promise<Person> {
  const wanted = loginSchema.safeParse(login);
  const person = (await desk.list()).find((one) => one.login === wanted.data);
  if (!person) throw new KefuError('not_found', `Nobody logs in as "${login}"; "list" shows who does.`);
  return person;
}

function describe({ login, name, role, profile, disabled, hasCode, codeRequired }: Person): string {
  const notes = [
    ...(disabled ? ['disabled'] : []),
    ...(hasCode ? ['one-time code'] : codeRequired ? ['one-time code not enrolled yet'] : []),
    ...(profile.hours ? [`hours ${describeHours(profile.hours)}`] : []),
    ...(profile.teams.length > 0 ? [`teams ${profile.teams.join(', ')}`] : []),
  ];
  return [login.padEnd(20), role.padEnd(14), name, ...notes.map((note) => `(${note})`)].join(' ');
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments(process.argv.slice(2));
  const [name = '', login = '', ...more] = positionals;
  if (values.help || name === '') {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`There is no command "${name}".`);
  if ((login === '') !== (name === 'list') || more.length > 0)
    throw new UsageError(name === 'list' ? 'list takes no name.' : `${name} takes one log-in name.`);
  loadEnvironmentFile();
  const desk = await openPeopleDesk(readConfig());
  try {
    await command(desk, login, values);
    return 0;
  } finally {
    await desk.close();
  }
}

runTool(main, { usage });
