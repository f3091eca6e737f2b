import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  FailureStore,
  PersonFields,
  PersonStore,
  Session,
  SessionStore,
} from '../../../src/core/people.ts';
import type { AuditLog } from '../../../src/core/audit.ts';
import { createAuditLog } from '../../../src/store/audit.ts';
import { createPersonStore } from '../../../src/store/people.ts';
import { createFailureStore, createSessionStore } from '../../../src/store/sessions.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { databaseKinds, type DatabaseUnderTest } from './databases.ts';

const fields = (login: string, more: Partial<PersonFields> = {}): PersonFields => ({
  login,
  name: `${login} 王`,
  role: 'agent',
  profile: { teams: ['returns'], languages: ['en', 'zh'], skills: { refunds: 4 }, textCapacity: 2 },
  codeRequired: false,
  ...more,
});
const secrets = { passwordHash: 'hash', mustChangePassword: false };

describe.each(databaseKinds)('in $kind', (tested) => {
  let under: DatabaseUnderTest;
  const clock = new ManualClock();
  let people: PersonStore;
  let sessions: SessionStore;
  let failures: FailureStore;
  let audit: AuditLog;
  beforeAll(async () => {
    under = await tested.open();
    people = createPersonStore(under.database, { clock });
    sessions = createSessionStore(under.database);
    failures = createFailureStore(under.database);
    audit = createAuditLog(under.database, { clock });
  });
  afterAll(() => under.close());

  describe('people', () => {
    it('are none at first, and of several first administrators there is one', async () => {
      expect(await people.isSetUp()).toBe(false);
      await people.create(fields('early'), secrets);
      expect(await people.isSetUp()).toBe(false);
      const first = (login: string) =>
        people.create(fields(login, { role: 'administrator' }), secrets, { onlyFirst: true });
      const made = await Promise.allSettled([first('ada'), first('bo'), first('cy')]);
      expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const one of made)
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'already_set_up' });
      expect(await people.isSetUp()).toBe(true);
    });

    it('are kept as they were given', async () => {
      const made = await people.create(fields('dee', { codeRequired: true }), secrets);
      expect(made).toEqual({
        ...fields('dee', { codeRequired: true }),
        id: made.id,
        disabled: false,
        hasCode: false,
        mustChangePassword: false,
        createdAtEpochMs: clock.epochMs(),
      });
      expect(await people.get(made.id)).toEqual(made);
      const found = await people.find('dee');
      expect(found?.person).toEqual(made);
      expect(found?.secrets).toEqual({ passwordHash: 'hash', codeSecret: null, pendingCodeSecret: null });
      expect((await people.list()).map(({ login }) => login)).toContain('dee');
      expect(await people.find('nobody')).toBeUndefined();
      expect(await people.get('nobody')).toBeUndefined();
      expect(await people.secrets('nobody')).toBeUndefined();
    });

    it('change field by field, secrets too', async () => {
      const { id } = await people.create(fields('eli'), secrets);
      const profile = { teams: [], languages: ['zh' as const], skills: {}, textCapacity: 0 };
      const changed = await people.change(id, { name: 'Elias', profile, codeSecret: 'ABC', disabled: true });
      expect(changed).toMatchObject({ name: 'Elias', profile, hasCode: true, disabled: true, login: 'eli' });
      await people.change(id, { passwordHash: 'other', pendingCodeSecret: 'DEF' });
      expect(await people.secrets(id)).toEqual({
        passwordHash: 'other',
        codeSecret: 'ABC',
        pendingCodeSecret: 'DEF',
      });
      expect(await people.change(id, {})).toEqual(changed);
      await expect(people.change('nobody', { name: 'x' })).rejects.toMatchObject({ code: 'not_found' });
    });

    it('have log-in names of their own', async () => {
      const { id } = await people.create(fields('fay'), secrets);
      await expect(people.create(fields('fay'), secrets)).rejects.toMatchObject({ code: 'login_taken' });
      await expect(people.change(id, { login: 'early' })).rejects.toMatchObject({ code: 'login_taken' });
      expect(await people.change(id, { login: 'fay' })).toMatchObject({ login: 'fay' });
    });

    it('never lose their last administrator, even when two leave at once', async () => {
      const all = await people.list();
      const first = all.find(({ role }) => role === 'administrator')?.id ?? '';
      await expect(people.change(first, { disabled: true })).rejects.toMatchObject({
        code: 'last_administrator',
      });
      await expect(people.change(first, { role: 'agent' })).rejects.toMatchObject({
        code: 'last_administrator',
      });
      expect(await people.get(first)).toMatchObject({ disabled: false, role: 'administrator' });
      const second = await people.create(fields('gil', { role: 'administrator' }), secrets);
      const left = await Promise.allSettled([
        people.change(first, { disabled: true }),
        people.change(second.id, { role: 'agent' }),
      ]);
      expect(left.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('use each code once, and none older than the last', async () => {
      const { id } = await people.create(fields('hui'), secrets);
      const used = await Promise.all([7, 7, 7].map((step) => people.useCode(id, step)));
      expect(used.filter(Boolean)).toHaveLength(1);
      expect(await people.useCode(id, 6)).toBe(false);
      expect(await people.useCode(id, 8)).toBe(true);
    });
  });

  describe('sessions', () => {
    const session = (id: string, personId: string, atEpochMs: number): Session => ({
      id,
      personId,
      startedAtEpochMs: atEpochMs,
      seenAtEpochMs: atEpochMs,
      address: '192.0.2.7',
      browser: 'Chromium',
    });

    it('are found by the hash of their token until they are removed', async () => {
      const { id } = await people.create(fields('ida'), secrets);
      const other = await people.create(fields('jo'), secrets);
      for (const [name, person, at] of [
        ['s1', id, 1000],
        ['s2', id, 2000],
        ['s3', id, 3000],
        ['s4', other.id, 4000],
      ] as const)
        await sessions.add(session(name, person, at), `hash of ${name}`);
      expect(await sessions.find('hash of s1')).toEqual(session('s1', id, 1000));
      expect(await sessions.find('hash')).toBeUndefined();
      await sessions.seen('s1', 9000);
      expect(await sessions.find('hash of s1')).toMatchObject({
        startedAtEpochMs: 1000,
        seenAtEpochMs: 9000,
      });
      expect((await sessions.list(id)).map((one) => one.id)).toEqual(['s3', 's2', 's1']);
      expect((await sessions.remove({ personId: id, exceptId: 's2' })).toSorted()).toEqual(['s1', 's3']);
      expect(await sessions.remove({ id: 's2' })).toEqual(['s2']);
      expect(await sessions.remove({ id: 's2' })).toEqual([]);
      await sessions.removeOld({ startedBeforeEpochMs: 4000, seenBeforeEpochMs: 4000 });
      expect(await sessions.list(other.id)).toHaveLength(1);
      await sessions.removeOld({ startedBeforeEpochMs: 0, seenBeforeEpochMs: 4001 });
      expect(await sessions.list(other.id)).toEqual([]);
    });
  });

  describe('failed log-ins', () => {
    it('are counted one after the other, also when many come at once', async () => {
      const more = () =>
        failures.change('ada', ({ count }) => ({ count: count + 1, lastAtEpochMs: 5000 + count }));
      const before = await Promise.all([1, 2, 3, 4, 5, 6].map(more));
      expect(before.map(({ count }) => count).sort()).toEqual([0, 1, 2, 3, 4, 5]);
      await failures.forgetBefore(5005);
      expect(await failures.change('ada', (same) => same)).toEqual({ count: 6, lastAtEpochMs: 5005 });
      await failures.forgetBefore(5006);
      expect(await failures.change('ada', (same) => same)).toEqual({ count: 0, lastAtEpochMs: 0 });
    });
  });

  describe('the audit log', () => {
    it('keeps who did what, newest first, page by page', async () => {
      const ada = { personId: 'person_1', name: 'Ada 王', address: '192.0.2.7' };
      const tool = { personId: null, name: 'API token', address: null };
      for (const [actor, action] of [
        [ada, 'person.added'],
        [tool, 'flows.published'],
        [ada, 'person.disabled'],
      ] as const) {
        clock.advance(1000);
        await audit.record({ actor, action, subject: 'x', details: { note: '\u0000 客服', number: 3 } });
      }
      const [newest, next] = await audit.list({ limit: 2 });
      expect(newest).toEqual({
        id: newest?.id,
        atEpochMs: clock.epochMs(),
        actor: ada,
        action: 'person.disabled',
        subject: 'x',
        details: { note: '\u0000 客服', number: 3 },
      });
      expect(next?.actor).toEqual(tool);
      const older = await audit.list({ limit: 2, before: next?.id });
      expect(older.map(({ action }) => action)).toEqual(['person.added']);
      const actions = async (query: { personId?: string; action?: string }) =>
        (await audit.list({ limit: 10, ...query })).map(({ action }) => action);
      expect(await actions({ personId: 'person_1' })).toEqual(['person.disabled', 'person.added']);
      expect(await actions({ action: 'person' })).toEqual(['person.disabled', 'person.added']);
      expect(await actions({ action: 'person.added' })).toEqual(['person.added']);
      expect(await actions({ action: 'perso' })).toEqual([]);
    });

    it.each([
      "update audit_log set actor = 'nobody'",
      'delete from audit_log',
      'delete from audit_log where entry_id = 1',
      'truncate audit_log',
    ])('refuses to forget: %s', async (sql) => {
      const before = await audit.list({ limit: 100 });
      await expect(under.database.query(sql)).rejects.toMatchObject({ code: 'internal' });
      expect(await audit.list({ limit: 100 })).toEqual(before);
      expect(before.length).toBeGreaterThan(0);
    });
  });
});
