import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectDir, readConfig } from '../../../src/app/config.ts';
import { keepLocalToken, toolToken } from '../../../src/app/local-token.ts';
import { joinPeople } from '../../../src/app/people.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { logIn } from '../../../src/people/log-in.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { testEnvironment } from '../../support/environment.ts';
import { openFlowDesk } from '../../../tools/flows/desk.ts';
import { openPeopleDesk } from '../../../tools/people/desk.ts';
import { startKefu, type KefuInProcess } from '../../support/running-kefu.ts';

const directory = mkdtempSync(join(tmpdir(), 'kefu-people-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the tool on the folder and resolves with what it said. */
function tool(...args: string[]): Promise<{ code: number; output: string }> {
  const { HOME = '', PATH = '' } = testEnvironment();
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', 'tools/people.ts', ...args],
      { cwd: projectDir, env: { HOME, PATH, KEFU_DATA_DIR: directory } },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr }),
    );
  });
}

describe('the tool for people, while no Kefu runs', () => {
  it('makes somebody an administrator, who can log in with the password it shows', async () => {
    expect((await tool('list')).output).toContain('Nobody yet');
    const added = await tool('add', 'Ada', '--role', 'administrator', '--teams', 'returns,senior');
    expect(added, added.output).toMatchObject({ code: 0 });
    const password = /log-in: (\S+)/.exec(added.output)?.[1] ?? '';
    expect((await tool('list')).output).toMatch(/^ada +administrator +Ada \(teams returns, senior\)$/m);
    const database = await openDatabase({ url: undefined, directory: join(directory, 'database') });
    const { parts, audit } = joinPeople(database, { clock: systemClock, log: createCapturedLog() });
    const visit = { address: '127.0.0.1', browser: '' };
    expect(await logIn({ login: 'ada', password, code: undefined }, visit, parts)).toMatchObject({
      outcome: 'in',
      person: { mustChangePassword: true },
    });
    expect((await audit.list({ limit: 10 })).map(({ action }) => action)).toEqual([
      'session.started',
      'person.added',
    ]);
    await database.close();
  });

  it('gives somebody hours, which the list shows, and takes them away', async () => {
    const given = ['--time-zone', 'Europe/Berlin', '--on', 'mon-fri=09:00-18:00', '--off', '2026-12-25'];
    expect(await tool('hours', 'ada', ...given)).toMatchObject({ code: 0 });
    expect((await tool('list')).output).toContain('(hours mon-fri 09:00-18:00, Europe/Berlin)');
    expect(await tool('hours', 'ada', '--always')).toMatchObject({ code: 0 });
    expect((await tool('list')).output).toMatch(/^ada +administrator +Ada \(teams returns, senior\)$/m);
    expect(await tool('hours', 'ada', '--time-zone', 'Mars/Base', '--on', 'mon=09:00-18:00')).toMatchObject({
      code: 2,
      output: expect.stringContaining('timeZone') as string,
    });
    expect(await tool('hours', 'ada')).toMatchObject({ code: 2 });
  });

  it('says what is wrong', async () => {
    expect(await tool('reset-password', 'nobody')).toMatchObject({
      code: 1,
      output: expect.stringContaining('Nobody logs in as "nobody"') as string,
    });
    expect(await tool('disable', 'ada')).toMatchObject({
      code: 1,
      output: expect.stringContaining('Nobody would be left') as string,
    });
    expect(await tool('add', 'bo', '--role', 'boss')).toMatchObject({ code: 2 });
    expect(await tool('reset-password')).toMatchObject({ code: 2 });
  });
});

describe('tools of this machine, while a Kefu runs that is set up', () => {
  let kefu: KefuInProcess;
  beforeAll(async () => {
    kefu = await startKefu();
  });
  afterAll(() => kefu.close());

  it('go through it with the token of its folder', async () => {
    const { HOME = '' } = testEnvironment();
    const config = readConfig({ HOME, KEFU_DATA_DIR: kefu.dataDir });
    const desk = await openPeopleDesk(config);
    expect(desk.place).toBe(`Kefu at ${kefu.url}`);
    const profile = { teams: [], languages: ['en' as const], skills: {}, textCapacity: 1 };
    const ada = { login: 'ada', name: 'Ada', role: 'administrator' as const, profile, codeRequired: false };
    await desk.add(ada);
    expect((await fetch(`${kefu.url}/api/people`)).status).toBe(401);
    const { person } = await desk.add({ ...ada, login: 'bo', role: 'agent' });
    expect(await desk.change(person.id, { disabled: true })).toMatchObject({ disabled: true });
    expect((await desk.resetPassword(person.id)).temporaryPassword).toMatch(/^\w{4}-/);
    expect((await desk.resetCode(person.id)).hasCode).toBe(false);
    expect((await desk.list()).map(({ login }) => login)).toEqual(['ada', 'bo']);
    await expect(desk.add(ada)).rejects.toMatchObject({ code: 'login_taken' });
    const flows = await openFlowDesk(config);
    expect(await flows.versions()).toEqual([]);
  });
});

describe('the local token', () => {
  it('is readable by its owner alone, stays, and is replaced when others could have read it', async () => {
    const dataDir = mkdtempSync(join(directory, 'token-'));
    const file = join(dataDir, 'local-token');
    const token = await keepLocalToken(dataDir);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await keepLocalToken(dataDir)).toBe(token);
    chmodSync(file, 0o644);
    const next = await keepLocalToken(dataDir);
    expect(next).not.toBe(token);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, 'half a tok');
    expect(await keepLocalToken(dataDir)).toMatch(/^local_/);
    expect(readFileSync(file, 'utf8').trim()).toMatch(/^local_[\w-]{43}$/);
  });

  it('is sent to Kefus of this machine only', async () => {
    const dataDir = mkdtempSync(join(directory, 'token-'));
    const token = await keepLocalToken(dataDir);
    for (const url of ['http://127.0.0.1:8080', 'ws://localhost:8080', 'http://[::1]:8080'])
      expect(await toolToken({ apiToken: undefined, dataDir }, url)).toBe(token);
    for (const url of ['https://kefu.example.com', 'http://127.0.0.1.example.com', 'nonsense'])
      expect(await toolToken({ apiToken: undefined, dataDir }, url)).toBeUndefined();
    expect(await toolToken({ apiToken: 'sixteen-letters!', dataDir }, 'https://x.example')).toBe(
      'sixteen-letters!',
    );
  });
});
