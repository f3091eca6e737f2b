import type { AuditLog } from '../core/audit.ts';
import type { Clock } from '../core/clock.ts';
import { loginSchema, type Person, type PersonStore } from '../core/people.ts';
import { stepOfCode } from './codes.ts';
import type { LockOut } from './lock-out.ts';
import type { Passwords } from './passwords.ts';
import type { Sessions, Visit } from './sessions.ts';

export interface LogInParts {
  readonly store: PersonStore;
  readonly sessions: Sessions;
  readonly lockOut: LockOut;
  readonly passwords: Passwords;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** What came of a try to log in. `failed` is the same for a wrong name, a wrong password, and somebody disabled. */
export type LogInResult =
  | { readonly outcome: 'in'; readonly token: string; readonly person: Person }
  | { readonly outcome: 'code-missing' | 'code-wrong' | 'failed' }
  | { readonly outcome: 'locked'; readonly untilEpochMs: number };

/** Name and password, and a code where an authenticator is enrolled, against a new session. */
export async function logIn(
  given: { readonly login: string; readonly password: string; readonly code: string | undefined },
  visit: Visit,
  { store, sessions, lockOut, passwords, audit, clock }: LogInParts,
): Promise<LogInResult> {
  const login = loginSchema.safeParse(given.login);
  // Who types nonsense is counted, too: under the nonsense.
  const name = login.success ? login.data : given.login.slice(0, 200);
  const attempt = await lockOut.attempt(name, visit.address);
  if ('lockedUntilEpochMs' in attempt) {
    return { outcome: 'locked', untilEpochMs: attempt.lockedUntilEpochMs };
  }
  const found = login.success ? await store.find(login.data) : undefined;
  const active = found && !found.person.disabled ? found : undefined;
  const right = await passwords.verify(active?.secrets.passwordHash, given.password);

  const fail = async (what: 'password' | 'code'): Promise<void> => {
    await audit.record({
      // A name that nobody has may be a password in the wrong field, so it is not written down.
      actor: { personId: found?.person.id ?? null, name: found?.person.name ?? '', address: visit.address },
      action: 'session.refused',
      subject: found?.person.id ?? null,
      details: { wrong: what, ...(found?.person.disabled === true && { disabled: true }) },
    });
  };
  if (!active || !right) {
    await fail('password');
    return { outcome: 'failed' };
  }
  const { person, secrets } = active;
  if (secrets.codeSecret !== null) {
    if (given.code === undefined) {
      await attempt.withdrawn();
      return { outcome: 'code-missing' };
    }
    const step = stepOfCode(secrets.codeSecret, given.code, clock.epochMs());
    if (step === undefined || !(await store.useCode(person.id, step))) {
      await fail('code');
      return { outcome: 'code-wrong' };
    }
  }
  await attempt.succeeded();
  const { token, session } = await sessions.start(person.id, visit);
  await audit.record({
    actor: { personId: person.id, name: person.name, address: visit.address },
    action: 'session.started',
    subject: session.id,
    details: { code: secrets.codeSecret !== null },
  });
  return { outcome: 'in', token, person };
}
