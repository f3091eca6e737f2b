import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTwilioCaller } from '../../tools/lib/twilio-caller.ts';
import { eventually, startKefu, type KefuInProcess } from '../support/running-kefu.ts';
import { TextCaller } from '../support/text-caller.ts';

describe('a Kefu with two lines', () => {
  let kefu: KefuInProcess;
  beforeAll(async () => {
    kefu = await startKefu({ KEFU_MAX_CALLS: '2' });
  });
  afterAll(() => kefu.close());

  it('refuses the third call kindly, and takes the next when one has ended', async () => {
    const [first] = await Promise.all([TextCaller.start(kefu.url), TextCaller.start(kefu.url)]);
    const refused = await TextCaller.start(kefu.url);
    expect(refused.greeting).toMatchObject({ words: '', outcome: 'overloaded' });

    const caller = await connectTwilioCaller({ url: kefu.url, from: '+15550009999', to: '+18005550100' });
    const end = await caller.ended;
    // Twilio's own voice has told the caller before it hung up.
    expect(end).toMatchObject({ by: 'kefu', streams: 1 });
    expect(end.said.join(' ')).not.toBe('');

    await first.caller.leave();
    const taken = await eventually(async () => {
      const next = await TextCaller.start(kefu.url);
      return next.greeting.outcome === undefined ? next : undefined;
    }, 'a free line');
    expect(taken.greeting.words).toContain('Hello');
    expect(
      kefu.log.filter(({ message }) => message === 'call refused: all lines are busy').length,
    ).toBeGreaterThanOrEqual(2);
  });
});

describe('a Kefu that cannot start', () => {
  it('says that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    await expect(startKefu({ KEFU_PORT: port })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    });
    other.close();
  });

  it('says which line of a flow is wrong', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kefu-flows-'));
    writeFileSync(
      join(folder, 'welcome.yaml'),
      'flow: welcome\nabout: x\nsteps:\n  greet: { shout: hello }\n',
    );
    await expect(startKefu({ KEFU_FLOWS_DIR: folder })).rejects.toMatchObject({
      code: 'flow_invalid',
      message: expect.stringMatching(/welcome\.yaml:4/) as string,
    });
    rmSync(folder, { recursive: true });
  });

  it('says that a folder has no flows', async () => {
    const folder = join(tmpdir(), 'kefu-no-such-flows');
    await expect(startKefu({ KEFU_FLOWS_DIR: folder })).rejects.toMatchObject({
      message: expect.stringContaining(folder) as string,
    });
  });
});
