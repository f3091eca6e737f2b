import type { Actor } from '../core/audit.ts';
import { KefuError } from '../core/errors.ts';
import type { Person, PersonFields, PersonStore } from '../core/people.ts';
import type { LogInParts } from './log-in.ts';
import { checkNewPassword, temporaryPassword } from './passwords.ts';
import { newProfile } from './profile.ts';

/** A person and the password for their first log-in, which nobody can read again. */
export interface WithPassword {
  readonly person: Person;
  readonly temporaryPassword: string;
}

/** What administrators do about people. Everything is written to the audit log. */
export interface People extends Pick<PersonStore, 'list' | 'get' | 'isSetUp'> {
  /** Makes the first administrator. Rejects with `already_set_up` or `password_...`. */
  setUp(
    given: { readonly login: string; readonly name: string; readonly password: string },
    actor: Actor,
  ): Promise<Person>;
  /** Rejects with `login_taken`. */
  add(fields: PersonFields, actor: Actor): Promise<WithPassword>;
  /** Another role or log-in name, or being disabled, ends the person's sessions. Rejects as the store does. */
  change(
    id: string,
    change: Partial<PersonFields> & { readonly disabled?: boolean },
    actor: Actor,
  ): Promise<Person>;
  /** A new password to change at the next log-in; the person is no longer locked out. */
  resetPassword(id: string, actor: Actor): Promise<WithPassword>;
  /** Removes the authenticator of somebody who lost it. */
  resetCode(id: string, actor: Actor): Promise<Person>;
}

export function createPeople({ store, sessions, lockOut, passwords, audit }: LogInParts): People {
  let setUp = false;

  async function withPassword(give: (passwordHash: string) => Promise<Person>): Promise<WithPassword> {
    const password = temporaryPassword();
    return { person: await give(await passwords.hash(password)), temporaryPassword: password };
  }
  async function existing(id: string): Promise<Person> {
    const person = await store.get(id);
    if (!person) throw new KefuError('not_found', `There is no person ${id}.`);
    return person;
  }

  return {
    list: () => store.list(),
    get: (id) => store.get(id),
    async isSetUp() {
      // There is always an administrator from the first on, so this needs to be found out once.
      setUp ||= await store.isSetUp();
      return setUp;
    },
    async setUp({ login, name, password }, actor) {
      await checkNewPassword(password, [login, name]);
      const person = await store.create(
        { login, name, role: 'administrator', profile: newProfile, codeRequired: false },
        { passwordHash: await passwords.hash(password), mustChangePassword: false },
        { onlyFirst: true },
      );
      await audit.record({ actor, action: 'person.set-up', subject: person.id, details: { login, name } });
      return person;
    },
    async add(fields, actor) {
      const added = await withPassword((passwordHash) =>
        store.create(fields, { passwordHash, mustChangePassword: true }),
      );
      await audit.record({ actor, action: 'person.added', subject: added.person.id, details: fields });
      return added;
    },
    async change(id, change, actor) {
      const before = await existing(id);
      const person = await store.change(id, change);
      if (
        person.disabled !== before.disabled ||
        person.role !== before.role ||
        person.login !== before.login
      ) {
        await sessions.end({ personId: id });
      }
      const details = Object.fromEntries(
        Object.entries(change).filter(
          ([name, value]) => JSON.stringify(before[name as keyof Person]) !== JSON.stringify(value),
        ),
      );
      const { disabled, ...others } = details;
      if (disabled !== undefined) {
        const action = person.disabled ? 'person.disabled' : 'person.enabled';
        await audit.record({ actor, action, subject: id, details: {} });
      }
      if (Object.keys(others).length > 0)
        await audit.record({ actor, action: 'person.changed', subject: id, details: others });
      return person;
    },
    async resetPassword(id, actor) {
      const { login } = await existing(id);
      const reset = await withPassword((passwordHash) =>
        store.change(id, { passwordHash, mustChangePassword: true }),
      );
      await sessions.end({ personId: id });
      await lockOut.forgive(login);
      await audit.record({ actor, action: 'person.password-reset', subject: id, details: {} });
      return reset;
    },
    async resetCode(id, actor) {
      await existing(id);
      const person = await store.change(id, { codeSecret: null, pendingCodeSecret: null });
      await sessions.end({ personId: id });
      await audit.record({ actor, action: 'person.code-reset', subject: id, details: {} });
      return person;
    },
  };
}
