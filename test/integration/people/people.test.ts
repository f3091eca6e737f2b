import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { joinPeople, type PeopleParts } from '../../../src/app/people.ts';
import { openingHoursSchema } from '../../../src/core/hours-schema.ts';
import type { Person, PersonFields } from '../../../src/core/people.ts';
import { codeAt } from '../../../src/people/codes.ts';
import { logIn } from '../../../src/people/log-in.ts';
import { agentProfileOf, newProfile } from '../../../src/people/profile.ts';
import { sessionLimits } from '../../../src/people/sessions.ts';
import { openDatabase, type Database } from '../../../src/store/database.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const actor = { personId: null, name: 'test', address: null };
const visit = { address: '192.0.2.7', browser: 'Chromium' };
const password = 'plum violin harbour';
const clock = new ManualClock();
const log = createCapturedLog();
const directory = mkdtempSync(join(tmpdir(), 'kefu-people-'));
let database: Database;
let staff: PeopleParts;
let made = 0;
/** An agent for each test, with a password of their own, and the words to log in. */
let agent: Person;

const fields = (more: Partial<PersonFields> = {}): PersonFields => ({
  login: `agent.${String((made += 1))}`,
  name: 'Bo',
  role: 'agent',
  profile: newProfile,
  codeRequired: false,
  ...more,
});
const enter = (secret = password, more: { code?: string; login?: string; address?: string } = {}) =>
  logIn(
    { login: more.login ?? agent.login, password: secret, code: more.code },
    { ...visit, address: more.address ?? visit.address },
    staff.parts,
  );
async function tokenOf(result: ReturnType<typeof enter>): Promise<string> {
  const entered = await result;
  if (entered.outcome !== 'in') throw new Error(`not logged in: ${entered.outcome}`);
  return entered.token;
}
const outcome = async (result: ReturnType<typeof enter>) => (await result).outcome;
const me = () => ({ personId: agent.id, name: agent.name, address: visit.address });
async function current(): Promise<Person> {
  const person = await staff.people.get(agent.id);
  if (!person) throw new Error('The person is gone.');
  return person;
}
async function enrol(): Promise<string> {
  const { secret } = await staff.account.beginCode(agent, password, me());
  await staff.account.confirmCode(agent, codeAt(secret, clock.epochMs()), me());
  return secret;
}

beforeAll(async () => {
  database = await openDatabase({ url: undefined, directory: join(directory, 'database') });
  staff = joinPeople(database, { clock, log });
  await staff.people.setUp({ login: 'ada', name: 'Ada', password }, actor);
});
afterAll(async () => {
  await database.close();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  const added = await staff.people.add(fields(), actor);
  agent = added.person;
  const given = { current: added.temporaryPassword, next: password, sessionId: '' };
  await staff.account.changePassword(agent, given, me());
});

describe('logging in', () => {
  it('takes the password, in whatever case the name is written', async () => {
    const result = await enter(password, { login: agent.login.toUpperCase() });
    expect(result).toMatchObject({ outcome: 'in', person: { id: agent.id, mustChangePassword: false } });
  });

  it('answers the same to a wrong password, a name that nobody has, nonsense, and somebody disabled', async () => {
    const failed = { outcome: 'failed' };
    expect(await enter('wrong')).toEqual(failed);
    expect(await enter(password, { login: 'nobody' })).toEqual(failed);
    expect(await enter(password, { login: 'no such name!' })).toEqual(failed);
    await staff.people.change(agent.id, { disabled: true }, actor);
    expect(await enter()).toEqual(failed);
  });

  it('locks names that nobody has like any other, and writes none of them down', async () => {
    const tries: string[] = [];
    for (let wrong = 0; wrong < 6; wrong += 1)
      tries.push(await outcome(enter('x', { login: 'Tr0ub4dor', address: '198.51.100.9' })));
    expect(tries).toEqual([...Array.from({ length: 5 }, () => 'failed'), 'locked']);
    expect(JSON.stringify(await staff.audit.list({ limit: 500 })).toLowerCase()).not.toContain('tr0ub4dor');
  });

  it('makes no exception of the right password while the person is locked out, and opens after the wait', async () => {
    for (let wrong = 0; wrong < 5; wrong += 1) await enter('wrong', { address: '198.51.100.1' });
    expect(await enter()).toEqual({ outcome: 'locked', untilEpochMs: clock.epochMs() + 30_000 });
    clock.advance(30_000);
    expect(await outcome(enter())).toBe('in');
  });

  it('gains nothing by trying many at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        outcome(enter(`wrong ${String(index)}`, { address: '198.51.100.2' })),
      ),
    );
    expect(all.filter((one) => one === 'failed')).toHaveLength(5);
    expect(all.filter((one) => one === 'locked')).toHaveLength(15);
  });

  it('asks for the code only after the password, takes each code once, and counts wrong ones', async () => {
    const secret = await enrol();
    const address = '198.51.100.3';
    expect(await outcome(enter('wrong', { address }))).toBe('failed');
    expect(await outcome(enter(password, { address }))).toBe('code-missing');
    // The code with which it was enrolled is used, too.
    const used = codeAt(secret, clock.epochMs());
    expect(await outcome(enter(password, { code: used, address }))).toBe('code-wrong');
    clock.advance(30_000);
    const code = codeAt(secret, clock.epochMs());
    expect(await outcome(enter('wrong', { code, address }))).toBe('failed');
    const both = await Promise.all([
      outcome(enter(password, { code, address })),
      outcome(enter(password, { code, address: '198.51.100.4' })),
    ]);
    expect(both.sort()).toEqual(['code-wrong', 'in']);
    for (let wrong = 0; wrong < 5; wrong += 1) await enter(password, { code: '000000', address });
    expect(await outcome(enter(password, { code: '000000', address }))).toBe('locked');
  });
});

describe('a session', () => {
  it('lasts while it is used, and ends after an idle hour', async () => {
    const token = await tokenOf(enter());
    for (let use = 0; use < 5; use += 1) {
      clock.advance(sessionLimits.idleMs - 1);
      expect(await staff.sessions.find(token)).toMatchObject({ personId: agent.id, browser: 'Chromium' });
    }
    clock.advance(sessionLimits.idleMs);
    expect(await staff.sessions.find(token)).toBeUndefined();
  });

  it('ends after its longest time however much it is used', async () => {
    const token = await tokenOf(enter());
    for (let at = 0; at + 1_800_000 < sessionLimits.absoluteMs; at += 1_800_000) {
      clock.advance(1_800_000);
      expect(await staff.sessions.find(token)).toBeDefined();
    }
    clock.advance(1_800_000);
    expect(await staff.sessions.find(token)).toBeUndefined();
  });

  it('is kept without its token', async () => {
    const token = await tokenOf(enter());
    const rows = await database.query('select * from sessions');
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(await staff.sessions.find(`${token}x`)).toBeUndefined();
  });

  it.each([
    ['the person is disabled', () => staff.people.change(agent.id, { disabled: true }, actor)],
    ['the role is another', () => staff.people.change(agent.id, { role: 'supervisor' }, actor)],
    ['the password is made new', () => staff.people.resetPassword(agent.id, actor)],
    ['the authenticator is removed', () => staff.people.resetCode(agent.id, actor)],
  ])('ends when %s, and its sockets are told', async (_when, happens) => {
    const token = await tokenOf(enter());
    const session = await staff.sessions.find(token);
    const told: string[] = [];
    const stop = staff.sessions.onEnded((id) => told.push(id));
    await happens();
    stop();
    expect(await staff.sessions.find(token)).toBeUndefined();
    expect(told).toEqual([session?.id]);
  });

  it('stays when the person changes the password in it, and all others end', async () => {
    const [own, other] = [await tokenOf(enter()), await tokenOf(enter())];
    const sessionId = (await staff.sessions.find(own))?.id ?? '';
    const given = { current: password, next: 'seven green kettles', sessionId };
    await staff.account.changePassword(agent, given, me());
    expect(await staff.sessions.find(own)).toBeDefined();
    expect(await staff.sessions.find(other)).toBeUndefined();
    expect(await outcome(enter())).toBe('failed');
    expect(await outcome(enter('seven green kettles'))).toBe('in');
  });

  it('stays when only the name or a team is another', async () => {
    const token = await tokenOf(enter());
    await staff.people.change(
      agent.id,
      { name: 'Bob', profile: { ...newProfile, teams: ['returns'] } },
      actor,
    );
    expect(await staff.sessions.find(token)).toBeDefined();
    expect(agentProfileOf(await current())).toEqual({
      id: agent.id,
      teams: ['returns'],
      languages: ['en', 'zh'],
      skills: {},
      textCapacity: 3,
    });
  });
});

describe('the own account', () => {
  it('changes nothing without the password, and guessing it there locks, too', async () => {
    const change = (current: string, next: string) =>
      staff.account.changePassword(agent, { current, next, sessionId: '' }, me());
    await expect(change(password, password)).rejects.toMatchObject({ code: 'password_same' });
    await expect(change(password, 'password1234')).rejects.toMatchObject({ code: 'password_common' });
    await expect(staff.account.beginCode(agent, 'wrong', me())).rejects.toMatchObject({
      code: 'password_wrong',
    });
    for (let wrong = 0; wrong < 4; wrong += 1)
      await expect(change('wrong', 'seven green kettles')).rejects.toMatchObject({ code: 'password_wrong' });
    await expect(change(password, 'seven green kettles')).rejects.toMatchObject({ code: 'locked_out' });
    await staff.people.resetPassword(agent.id, actor);
  });

  it('has an authenticator only after a code of it was seen, and loses it with the password alone', async () => {
    const { secret, uri } = await staff.account.beginCode(agent, password, me());
    expect(uri).toContain(`secret=${secret}`);
    await expect(staff.account.confirmCode(agent, '000000', me())).rejects.toMatchObject({
      code: 'code_wrong',
    });
    expect((await current()).hasCode).toBe(false);
    expect(await outcome(enter())).toBe('in');
    await staff.account.confirmCode(agent, codeAt(secret, clock.epochMs()), me());
    expect((await current()).hasCode).toBe(true);
    await expect(staff.account.removeCode(await current(), 'wrong', me())).rejects.toMatchObject({
      code: 'password_wrong',
    });
    await staff.account.removeCode(await current(), password, me());
    expect(await outcome(enter())).toBe('in');
  });

  it('keeps the authenticator of people who must have one, until an administrator helps', async () => {
    await enrol();
    const person = await staff.people.change(agent.id, { codeRequired: true }, actor);
    await expect(staff.account.removeCode(person, password, me())).rejects.toMatchObject({
      code: 'code_needed',
    });
    expect(await staff.people.resetCode(agent.id, actor)).toMatchObject({
      hasCode: false,
      codeRequired: true,
    });
  });
});

describe('what administrators do', () => {
  it('keeps the hours of a person, which the queue gets, and writes them down', async () => {
    const hours = openingHoursSchema.parse({
      timeZone: 'Europe/Berlin',
      mon: ['09:00-12:00', '13:00-18:00'],
    });
    await staff.people.change(agent.id, { profile: { ...newProfile, hours } }, actor);
    expect(agentProfileOf(await current()).hours).toEqual(hours);
    const [entry] = await staff.audit.list({ limit: 1 });
    expect(entry).toMatchObject({ action: 'person.changed', details: { profile: { hours } } });
    await staff.people.change(agent.id, { profile: newProfile }, actor);
    expect(agentProfileOf(await current())).not.toHaveProperty('hours');
  });

  it('is written down with what was changed, and without secrets', async () => {
    const reset = await staff.people.resetPassword(agent.id, actor);
    await staff.people.change(agent.id, { name: 'Bob', role: 'agent', disabled: true }, actor);
    const entries = (await staff.audit.list({ limit: 3 })).filter(({ subject }) => subject === agent.id);
    expect(entries.map(({ action, details }) => [action, details])).toEqual([
      ['person.changed', { name: 'Bob' }],
      ['person.disabled', {}],
      ['person.password-reset', {}],
    ]);
    const all = JSON.stringify(await staff.audit.list({ limit: 500 }));
    for (const secret of [password, reset.temporaryPassword]) expect(all).not.toContain(secret);
  });

  it('begins with one set-up only', async () => {
    const again = staff.people.setUp({ login: 'eve', name: 'Eve', password }, actor);
    await expect(again).rejects.toMatchObject({ code: 'already_set_up' });
  });
});
