import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reckonCapacity } from '../../src/app/capacity.ts';
import { usableCores } from '../../src/app/capacity-measurement.ts';
import { connectTwilioCaller } from '../../tools/lib/twilio-caller.ts';
import { eventually, startKefu, type KefuInProcess } from '../support/running-kefu.ts';
import { sipp } from '../support/sip/gateway.ts';
import { freeSipPort } from '../support/sip/kamailio.ts';
import { TextCaller } from '../support/text-caller.ts';

describe('a Kefu with two lines', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kefu-lines-'));
  let kefu: KefuInProcess;
  let sipPort: number;
  beforeAll(async () => {
    sipPort = await freeSipPort('127.0.0.1');
    const trunksFile = join(directory, 'trunks.yaml');
    writeFileSync(
      trunksFile,
      [
        `listen: { udp: { host: 127.0.0.1, port: ${sipPort} } }`,
        'rtp: { host: 127.0.0.1 }',
        'trunks: [{ name: local, addresses: [127.0.0.1] }]',
      ].join('\n'),
    );
    kefu = await startKefu({ KEFU_MAX_CALLS: '2', KEFU_TRUNKS_FILE: trunksFile });
  });
  afterAll(async () => {
    await kefu.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('refuses the third call kindly, and takes the next when one has ended', async () => {
    const [first] = await Promise.all([TextCaller.start(kefu.url), TextCaller.start(kefu.url)]);
    const refused = await TextCaller.start(kefu.url);
    expect(refused.greeting).toMatchObject({ words: '', outcome: 'overloaded' });

    const caller = await connectTwilioCaller({ url: kefu.url, from: '+15550009999', to: '+18005550100' });
    const end = await caller.ended;
    // Twilio's own voice has told the caller before it hung up.
    expect(end).toMatchObject({ by: 'kefu', streams: 1 });
    expect(end.said.join(' ')).not.toBe('');
    // A carrier learns when it may try again, and a proxy that it may try another node.
    await sipp('refused', sipPort);
    const capacity = { calls: 2, source: 'set', active: 2 };
    expect(await (await fetch(`${kefu.url}/readyz`)).json()).toMatchObject({ ready: true, capacity });
    const metrics = await (await fetch(`${kefu.url}/metrics`)).text();
    expect(metrics).toMatch(/^kefu_capacity_calls 2$/m);
    expect(metrics).toMatch(/^kefu_calls_refused_total\{reason="full"\} 3$/m);

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

describe('a Kefu that finds out itself how many calls it takes', () => {
  let kefu: KefuInProcess;
  beforeAll(async () => {
    kefu = await startKefu({ KEFU_MAX_CALLS: 'auto' });
  });
  afterAll(() => kefu.close());

  it('has measured what a call costs here, and says what came of it', async () => {
    const line = kefu.log.find(({ message }) => message === 'how many calls this machine takes');
    const { calls, source, recognition, speech, voiceActivity } = z
      .object({
        calls: z.int().positive(),
        source: z.enum(['measured', 'assumed']),
        recognition: z.number().positive(),
        speech: z.number().positive(),
        voiceActivity: z.number().positive(),
      })
      .parse(line?.fields);
    expect(await (await fetch(`${kefu.url}/readyz`)).json()).toMatchObject({ capacity: { calls, source } });
    const costs = { recognition, speech, voiceActivity };
    const machine = { cores: await usableCores(), recognizerThreads: 2, voiceThreads: 1 };
    expect(reckonCapacity(costs, machine).calls).toBe(calls);
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
