import type { AuditLog } from '../core/audit.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { createAccount, type Account } from '../people/account.ts';
import { createLockOut } from '../people/lock-out.ts';
import type { LogInParts } from '../people/log-in.ts';
import { createPasswords, loadCommonPasswords } from '../people/passwords.ts';
import { createPeople, type People } from '../people/people.ts';
import { createSessions, type Sessions } from '../people/sessions.ts';
import { createAuditLog } from '../store/audit.ts';
import type { Database } from '../store/database.ts';
import { createPersonStore } from '../store/people.ts';
import { createFailureStore, createSessionStore } from '../store/sessions.ts';
import { createAccess, type Access } from './access.ts';
import type { Config } from './config.ts';
import { keepLocalToken } from './local-token.ts';

/** Everything about people, joined. */
export interface PeopleParts {
  readonly people: People;
  readonly account: Account;
  readonly sessions: Sessions;
  readonly audit: AuditLog;
  readonly parts: LogInParts;
}

export function joinPeople(
  database: Database,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): PeopleParts {
  const audit = createAuditLog(database, { clock });
  const sessions = createSessions(createSessionStore(database), { clock, log });
  const parts: LogInParts = {
    store: createPersonStore(database, { clock }),
    sessions,
    lockOut: createLockOut(createFailureStore(database), { clock }),
    passwords: createPasswords(),
    audit,
    clock,
  };
  return { people: createPeople(parts), account: createAccount(parts), sessions, audit, parts };
}

/** The people of a running Kefu, and who may do what. */
export async function startPeople(
  database: Database,
  config: Pick<Config, 'apiToken' | 'dataDir' | 'publicUrl'>,
  options: { readonly clock: Clock; readonly log: Logger },
): Promise<PeopleParts & { readonly access: Access }> {
  const [localToken] = await Promise.all([keepLocalToken(config.dataDir), loadCommonPasswords()]);
  const joined = joinPeople(database, options);
  const { apiToken, publicUrl } = config;
  const { people, sessions } = joined;
  return { ...joined, access: createAccess({ people, sessions, apiToken, localToken, publicUrl }) };
}
