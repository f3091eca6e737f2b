import { join } from 'node:path';
import { userInfo } from 'node:os';
import { z } from 'zod';
import type { Config } from '../../src/app/config.ts';
import { readAddress } from '../../src/app/flows/address.ts';
import { toolToken } from '../../src/app/local-token.ts';
import { joinPeople } from '../../src/app/people.ts';
import { systemClock } from '../../src/core/clock.ts';
import { errorCodes, KefuError, type ErrorCode } from '../../src/core/errors.ts';
import { personSchema, type Person, type PersonFields, type PersonProfile } from '../../src/core/people.ts';
import { createLogger } from '../../src/observe/logger.ts';
import type { WithPassword } from '../../src/people/people.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';

/** Where people are kept: the database itself, or a running Kefu that has it open. */
export interface PeopleDesk {
  readonly place: string;
  list(): Promise<readonly Person[]>;
  add(fields: PersonFields): Promise<WithPassword>;
  change(
    id: string,
    change: { readonly disabled?: boolean; readonly profile?: PersonProfile },
  ): Promise<Person>;
  resetPassword(id: string): Promise<WithPassword>;
  resetCode(id: string): Promise<Person>;
  close(): Promise<void>;
}

/**
 * Opens the people of the installation that the settings describe. The embedded database can be opened by one process only: while Kefu
 * runs on it, what is asked goes through that Kefu.
 */
export async function openPeopleDesk(config: Config): Promise<PeopleDesk> {
  try {
    const directory = join(config.dataDir, 'database');
    return deskOfDatabase(await openDatabase({ url: config.databaseUrl, directory }));
  } catch (error) {
    if (!(error instanceof KefuError && error.code === 'store_locked')) throw error;
    const address = (await readAddress(config.dataDir)) ?? `http://127.0.0.1:${String(config.port)}`;
    return deskOfKefu(address, await toolToken(config, address));
  }
}

function deskOfDatabase(database: Database): PeopleDesk {
  const { people } = joinPeople(database, { clock: systemClock, log: createLogger('warn') });
  const actor = { personId: null, name: `npm run people, ${userInfo().username}`, address: null };
  return {
    place: 'the database',
    list: () => people.list(),
    add: (fields) => people.add(fields, actor),
    change: (id, change) => people.change(id, change, actor),
    resetPassword: (id) => people.resetPassword(id, actor),
    resetCode: (id) => people.resetCode(id, actor),
    close: () => database.close(),
  };
}

const listSchema = z.object({ people: z.array(personSchema) });
const oneSchema = z.object({ person: personSchema });
const withPasswordSchema = oneSchema.extend({ temporaryPassword: z.string() });
const errorSchema = z.object({ error: z.string(), code: z.string().optional() });
const answerLimitMs = 30_000;

function deskOfKefu(address: string, token: string | undefined): PeopleDesk {
  async function ask<Shape extends z.ZodType>(
    shape: Shape,
    method: string,
    path: string,
    body?: object,
  ): Promise<z.output<Shape>> {
    let response: Response;
    try {
      response = await fetch(new URL(path, address), {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(answerLimitMs),
      });
    } catch (error) {
      throw new KefuError('server_unreachable', `Kefu at ${address} does not answer.`, { cause: error });
    }
    const content: unknown = await response.json().catch(() => undefined);
    if (response.ok) return shape.parse(content);
    const problem = errorSchema.safeParse(content).data;
    throw new KefuError(
      isErrorCode(problem?.code) ? problem.code : 'server_unreachable',
      problem?.error ?? `Kefu answered ${String(response.status)} to ${method} ${path}.`,
    );
  }
  const of = (id: string): string => `/api/people/${encodeURIComponent(id)}`;
  return {
    place: `Kefu at ${address}`,
    list: async () => (await ask(listSchema, 'GET', '/api/people')).people,
    add: (fields) => ask(withPasswordSchema, 'POST', '/api/people', fields),
    change: async (id, change) => (await ask(oneSchema, 'PATCH', of(id), change)).person,
    resetPassword: (id) => ask(withPasswordSchema, 'POST', `${of(id)}/password`),
    resetCode: async (id) => (await ask(oneSchema, 'DELETE', `${of(id)}/code`)).person,
    close: () => Promise.resolve(),
  };
}

const isErrorCode = (code: string | undefined): code is ErrorCode =>
  code !== undefined && Object.hasOwn(errorCodes, code);
