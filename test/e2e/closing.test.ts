import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { connectTwilioCaller } from '../../tools/lib/twilio-caller.ts';
import {
  callRecord,
  environmentWith,
  eventually,
  newDataDir,
  spawnKefu,
  type KefuProcess,
} from '../support/running-kefu.ts';
import { postWebhook, voiceForm } from '../support/twilio.ts';

describe('a Kefu that is told to end', () => {
  let kefu: KefuProcess | undefined;
  afterEach(() => kefu?.close());

  it('takes no new call, lets the one that goes on end, keeps its record, and ends', async () => {
    kefu = await spawnKefu({ KEFU_RECORD_CALLS: 'true', KEFU_DRAIN_SECONDS: '120' });
    const { url } = kefu;
    const caller = await connectTwilioCaller({ url, from: '+15550009999', to: '+18005550100' });
    expect(await caller.untilQuiet({ quietMs: 500, limitMs: 60_000 })).toBe(true);

    const stopped = kefu.stop();
    const ready = await eventually(async () => {
      const answer = await fetch(`${url}/readyz`);
      return answer.ok ? undefined : { status: answer.status, body: await answer.json() };
    }, 'Kefu to say that it is ending');
    expect(ready).toMatchObject({ status: 503, body: { ready: false, problems: ['draining'] } });
    expect((await postWebhook(`${url}/twilio/voice`, voiceForm())).status).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    // The call that goes on is still there to be heard.
    const soundBefore = caller.playback.heard.length;
    expect(await caller.waitUntil(() => caller.playback.heard.length > soundBefore, 60_000)).toBe(true);
    await caller.hangUp();
    expect(await stopped).toBe(0);

    await kefu.restart();
    const { call, events } = await callRecord(kefu, caller.callId ?? '');
    expect(events.at(-1)?.body).toMatchObject({ type: 'call-ended', reason: 'caller-hung-up' });
    expect(call).toMatchObject({ hasRecording: true });
    expect(await kefu.stop()).toBe(0);
    expect(kefu.output).not.toMatch(/"level":"(warn|error|fatal)"|deprecat/i);
  });

  it('ends calls that do not end in time, and says so in their record', async () => {
    kefu = await spawnKefu({ KEFU_DRAIN_SECONDS: '1' });
    const caller = await connectTwilioCaller({ url: kefu.url, from: '+15550009999', to: '+18005550100' });
    expect(await caller.waitUntil(() => caller.playback.firstAudibleAfter(0) !== undefined, 60_000)).toBe(
      true,
    );
    expect(await kefu.stop()).toBe(0);
    await kefu.restart();
    const { call, events } = await callRecord(kefu, caller.callId ?? '');
    expect(events.filter(({ body }) => body.type === 'call-ended')).toHaveLength(1);
    expect(call).toMatchObject({ outcome: 'interrupted' });
  });
});

describe('a Kefu that was closed after calls over all gateways', () => {
  it('leaves nothing open that would keep its process alive', async () => {
    const dataDir = newDataDir();
    const script = join(import.meta.dirname, '../support/close-by-itself.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      env: environmentWith({ KEFU_RECORD_CALLS: 'true' }, dataDir, 0),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    const exited = once(child, 'exit');
    try {
      const open = await eventually(
        () => /^\[.*\]$/m.exec(output)?.[0] ?? (child.exitCode === null ? undefined : 'it ended before'),
        'Kefu to be closed',
        150_000,
      );
      const end = await Promise.race([exited, delay(20_000, 'still there' as const)]);
      expect(end, `open: ${open}\n${output}`).toEqual([0, null]);
      expect(output).not.toMatch(/"level":"error"/);
    } finally {
      child.kill('SIGKILL');
      await exited;
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
