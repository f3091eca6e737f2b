import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import formbody from '@fastify/formbody';
import { fastify } from 'fastify';
import { startPeople, type PeopleParts } from '../../src/app/people.ts';
import { accountRoutes } from '../../src/app/routes/account.ts';
import { auditRoutes } from '../../src/app/routes/audit.ts';
import { answerError } from '../../src/app/routes/errors.ts';
import { installGuard } from '../../src/app/routes/guard.ts';
import { pageRoutes } from '../../src/app/routes/pages.ts';
import { peopleRoutes } from '../../src/app/routes/people.ts';
import { sessionRoutes } from '../../src/app/routes/session.ts';
import type { Access } from '../../src/app/access.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createCapturedLog } from './captured-log.ts';
import { ManualClock } from './manual-clock.ts';

/** The part of Kefu that knows people, with its pages, and without calls, shops and models. */
export interface PeopleServer extends PeopleParts {
  readonly access: Access;
  readonly url: string;
  readonly clock: ManualClock;
  readonly log: ReturnType<typeof createCapturedLog>;
  close(): Promise<void>;
}

export async function startPeopleServer(): Promise<PeopleServer> {
  const directory = mkdtempSync(join(tmpdir(), 'kefu-people-'));
  const log = createCapturedLog();
  const clock = new ManualClock();
  const database = await openDatabase({ url: undefined, directory: join(directory, 'database'), log });
  const config = { apiToken: undefined, dataDir: directory, publicUrl: undefined };
  const people = await startPeople(database, config, { clock, log });
  const { access, audit, parts } = people;
  const server = fastify({ forceCloseConnections: true });
  server.setErrorHandler(answerError(log));
  installGuard(server, access);
  await server.register(formbody);
  await server.register(sessionRoutes, { access, people: people.people, parts });
  await server.register(accountRoutes, { access, audit, account: people.account, sessions: people.sessions });
  await server.register(peopleRoutes, { people: people.people });
  await server.register(auditRoutes, { audit });
  await server.register(pageRoutes, { demoOrders: undefined });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    ...people,
    url,
    clock,
    log,
    async close() {
      await server.close();
      await database.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
