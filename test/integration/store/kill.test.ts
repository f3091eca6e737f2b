import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { createCallStore } from '../../../src/store/calls.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { eventScript } from '../../support/call-events.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { startPostgres } from '../../support/servers.ts';

const script = join(import.meta.dirname, '../../support/append-until-killed.ts');

describe('a killed process', () => {
  let folder: string;
  let directory: string;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kefu-kill-'));
    directory = join(folder, 'database');
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /** A child that appends, and the number of the last event it said to be kept. */
  function startAppending(callId: string, url = '') {
    const child = spawn(process.execPath, ['--import', 'tsx', script, callId, directory, url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const acknowledged: number[] = [];
    let opened: () => void = () => undefined;
    const open = new Promise<void>((resolve, reject) => {
      opened = resolve;
      child.once('exit', (code) => reject(new Error(`the child ended early with ${String(code)}`)));
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'open') opened();
      else acknowledged.push(Number(line));
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    return {
      open,
      acknowledged,
      async kill() {
        child.kill('SIGKILL');
        await closed;
      },
    };
  }

  async function expectKept(callId: string, acknowledged: readonly number[], url?: string): Promise<void> {
    const database = await openDatabase({ url, directory });
    const store = createCallStore(database, { clock: systemClock, log: createCapturedLog() });
    const kept = (await store.events(callId, 0)).map(({ seq }) => seq);
    // No hole, nothing out of order, and at least what was acknowledged.
    expect(kept).toEqual(kept.map((_, index) => index + 1));
    expect(kept.length).toBeGreaterThanOrEqual(acknowledged.length);
    expect(acknowledged).toEqual(acknowledged.map((_, index) => index + 1));
    expect((await store.get(callId))?.endedAtEpochMs).toBeNull();
    await store.close();
    await database.close();
  }

  it('loses no acknowledged event of the embedded database, several times over', async () => {
    for (const count of [50, 400, 1500]) {
      const { callId } = eventScript();
      const child = startAppending(callId);
      await child.open;
      await expect.poll(() => child.acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(count);
      await child.kill();
      // The lock and the log of the dead process are no obstacle.
      await expectKept(callId, child.acknowledged);
    }
  });

  it('loses no acknowledged event of a PostgreSQL server', async () => {
    const server = await startPostgres();
    try {
      const { callId } = eventScript();
      const child = startAppending(callId, server.url);
      await child.open;
      await expect.poll(() => child.acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(500);
      await child.kill();
      await expectKept(callId, child.acknowledged, server.url);
    } finally {
      await server.close();
    }
  });

  it('in the middle of making its database leaves nothing behind that stands in the way', async () => {
    mkdirSync(`${directory}.new`, { recursive: true });
    writeFileSync(join(`${directory}.new`, 'PG_VERSION'), '15\n');
    const database = await openDatabase({ url: undefined, directory });
    expect(await database.query('select count(*)::int as calls from calls')).toEqual([{ calls: 0 }]);
    expect(existsSync(`${directory}.new`)).toBe(false);
    await database.close();
  });

  it('holds its folder while it lives: a second one is refused with a clear sentence', async () => {
    const child = startAppending(eventScript().callId);
    await child.open;
    const refusal = await openDatabase({ url: undefined, directory }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'store_locked' });
    expect(String(refusal)).toMatch(/in use by process \d+/);
    await child.kill();
    const database = await openDatabase({ url: undefined, directory });
    await expect(openDatabase({ url: undefined, directory })).rejects.toMatchObject({ code: 'store_locked' });
    await database.close();
  });
});

describe('a folder that cannot hold a database', () => {
  it('is a clear error', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kefu-folder-'));
    const file = join(folder, 'file');
    writeFileSync(file, 'no folder');
    await expect(openDatabase({ url: undefined, directory: join(file, 'database') })).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    const other = join(folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'holiday.jpg'), '');
    await expect(openDatabase({ url: undefined, directory: other })).rejects.toThrow(/no database/);
    expect(existsSync(join(other, 'holiday.jpg'))).toBe(true);
    rmSync(folder, { recursive: true });
  });
});
