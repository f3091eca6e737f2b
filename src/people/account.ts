import type { Actor } from '../core/audit.ts';
import { KefuError } from '../core/errors.ts';
import type { Person, Secrets } from '../core/people.ts';
import { codeUri, newCodeSecret, stepOfCode } from './codes.ts';
import { LockedOut } from './lock-out.ts';
import type { LogInParts } from './log-in.ts';
import { checkNewPassword } from './passwords.ts';

/** What people change about themselves. Whoever found an open desk must not be able to, so the password is asked for. */
export interface Account {
  /** Ends all sessions but `sessionId`. Rejects with `password_...` or `locked_out`. */
  changePassword(
    person: Person,
    given: { readonly current: string; readonly next: string; readonly sessionId: string },
    actor: Actor,
  ): Promise<void>;
  /** A new secret for an authenticator; it counts once `confirmCode` has seen a code of it. */
  beginCode(
    person: Person,
    password: string,
    actor: Actor,
  ): Promise<{ readonly secret: string; readonly uri: string }>;
  /** Rejects with `code_wrong`. */
  confirmCode(person: Person, code: string, actor: Actor): Promise<void>;
  /** Rejects with `code_needed` for people who must have one. */
  removeCode(person: Person, password: string, actor: Actor): Promise<void>;
}

export function createAccount(parts: LogInParts): Account {
  const { store, sessions, lockOut, passwords, audit, clock } = parts;

  /** Wrong passwords count as failed log-ins. */
  async function checkPassword(person: Person, password: string, actor: Actor): Promise<Secrets> {
    const attempt = await lockOut.attempt(person.login, actor.address ?? '');
    if ('lockedUntilEpochMs' in attempt) throw new LockedOut(attempt.lockedUntilEpochMs, clock.epochMs());
    const secrets = await store.secrets(person.id);
    if (!secrets || !(await passwords.verify(secrets.passwordHash, password)))
      throw new KefuError('password_wrong', 'That is not the password you have now.');
    await attempt.succeeded();
    return secrets;
  }
  const record = (action: string, person: Person, actor: Actor) =>
    audit.record({ actor, action, subject: person.id, details: {} });

  return {
    async changePassword(person, { current, next, sessionId }, actor) {
      await checkPassword(person, current, actor);
      if (next === current) throw new KefuError('password_same', 'That is the password you have now.');
      await checkNewPassword(next, [person.login, person.name]);
      await store.change(person.id, { passwordHash: await passwords.hash(next), mustChangePassword: false });
      await sessions.end({ personId: person.id, exceptId: sessionId });
      await record('person.password-changed', person, actor);
    },
    async beginCode(person, password, actor) {
      await checkPassword(person, password, actor);
      const secret = newCodeSecret();
      await store.change(person.id, { pendingCodeSecret: secret });
      return { secret, uri: codeUri(secret, person.login) };
    },
    async confirmCode(person, code, actor) {
      const secret = (await store.secrets(person.id))?.pendingCodeSecret ?? undefined;
      const step = secret === undefined ? undefined : stepOfCode(secret, code, clock.epochMs());
      if (secret === undefined || step === undefined)
        throw new KefuError('code_wrong', 'That is not the code of the authenticator now.');
      await store.change(person.id, { codeSecret: secret, pendingCodeSecret: null });
      await store.useCode(person.id, step);
      await record('person.code-enrolled', person, actor);
    },
    async removeCode(person, password, actor) {
      await checkPassword(person, password, actor);
      if (person.codeRequired) throw new KefuError('code_needed', 'You must log in with a one-time code.');
      await store.change(person.id, { codeSecret: null, pendingCodeSecret: null });
      await record('person.code-removed', person, actor);
    },
  };
}
