import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { readConfig } from '../../../src/app/config.ts';
import type { FlowFiles } from '../../../src/core/store.ts';
import { openFlowDesk, type FlowDesk } from '../../../tools/flows/desk.ts';
import {
  endedCall,
  eventually,
  listCalls,
  startKefu,
  type KefuInProcess,
} from '../../support/running-kefu.ts';
import { smallFlows, smallFlowsWith } from '../../support/small-flows.ts';
import { testEnvironment } from '../../support/environment.ts';

/** A typed call as its caller sees it. */
class TypedCall {
  readonly said: string[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const message = JSON.parse((data as Buffer).toString('utf8')) as { type: string; text?: string };
      if (message.type === 'say') this.said.push(message.text ?? '');
    });
  }

  static async open(url: string): Promise<TypedCall> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/channels/text`);
    const call = new TypedCall(socket);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'start', language: 'en' }));
    return call;
  }

  write(text: string): void {
    this.#socket.send(JSON.stringify({ type: 'text', text }));
  }

  async hears(text: string): Promise<void> {
    await eventually(
      () => (this.said.includes(text) ? true : undefined),
      `"${text}" among ${this.said.join(' | ')}`,
      20_000,
    );
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

const second: FlowFiles = {
  ...smallFlowsWith('main.yaml', 'en: Hello.', 'en: Good day.'),
  'cancel.yaml':
    smallFlowsWith('cancel.yaml', '[Which order?, Which one?]', '[The number please?, Which is it?]')[
      'cancel.yaml'
    ] ?? '',
};

describe('versions of the flows of a running Kefu', () => {
  let kefu: KefuInProcess;
  let desk: FlowDesk;
  const flowsDir = mkdtempSync(join(tmpdir(), 'kefu-flows-'));
  beforeAll(async () => {
    for (const [name, text] of Object.entries(smallFlows())) writeFileSync(join(flowsDir, name), text);
    kefu = await startKefu({ KEFU_FLOWS_DIR: flowsDir });
    // As the tool does it: the embedded database is taken, so it goes through the Kefu that has it.
    const { HOME = '' } = testEnvironment();
    desk = await openFlowDesk(readConfig({ HOME, KEFU_DATA_DIR: kefu.dataDir, KEFU_FLOWS_DIR: flowsDir }));
  });
  afterAll(async () => {
    await desk.close();
    await kefu.close();
    rmSync(flowsDir, { recursive: true });
  });

  it('are reached through it while it has the database open', () => {
    expect(desk.place).toBe(`Kefu at ${kefu.url}`);
  });

  it('let a call end on the version it began with, while new calls begin with the new one', async () => {
    const first = await desk.publish({ author: 'Ada', note: 'First', files: smallFlows() });
    expect(first).toMatchObject({ isNew: true, version: { number: 1 } });
    const old = await TypedCall.open(kefu.url);
    await old.hears('Hello.');

    const published = await desk.publish({ author: 'Bo', note: 'Other words', files: second });
    expect(published.version.number).toBe(2);
    const young = await TypedCall.open(kefu.url);
    await young.hears('Good day.');
    old.write('cancel my order');
    young.write('cancel my order');
    await old.hears('Which order?');
    await young.hears('The number please?');
    expect(old.said).not.toContain('The number please?');
    await old.close();
    await young.close();

    const calls = await listCalls(kefu);
    const records = await Promise.all(calls.map(({ callId }) => endedCall(kefu, callId)));
    const hashes = records.map(({ events }) => {
      const started = events[0]?.body;
      return started?.type === 'call-started' ? started.flowsVersion : undefined;
    });
    expect(hashes.sort()).toEqual([first.version.contentHash, published.version.contentHash].sort());
  });

  it('can be rolled back, and the call after that has the old words again', async () => {
    const { version } = await desk.rollBack({ number: 1, author: 'Cy', note: 'Back' });
    expect(version).toMatchObject({ number: 3, restores: 1 });
    const call = await TypedCall.open(kefu.url);
    await call.hears('Hello.');
    await call.close();
    expect((await desk.versions()).map(({ number }) => number)).toEqual([3, 2, 1]);
    expect(await desk.files(2)).toEqual(second);
  });

  it('are refused with every mistake, and nothing changes', async () => {
    const files = smallFlowsWith('cancel.yaml', 'no: done', 'no: gone');
    await expect(desk.publish({ author: 'Ada', note: 'Broken', files })).rejects.toMatchObject({
      code: 'flow_invalid',
      message: expect.stringContaining('cancel.yaml:12: step "sure": there is no step "gone"') as string,
    });
    await expect(desk.rollBack({ number: 77, author: 'Ada', note: 'Back' })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await desk.versions())[0]?.number).toBe(3);
  });

  it.each([
    ['no author', { note: 'x', files: {} }],
    ['a file outside the folder', { author: 'a', note: 'x', files: { '../evil.yaml': '' } }],
    ['nothing', {}],
  ])('cannot be published with %s', async (_, body) => {
    const response = await fetch(`${kefu.url}/api/flows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
  });

  it('cannot be published by a page of another site', async () => {
    const response = await fetch(`${kefu.url}/api/flows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://elsewhere.example' },
      body: JSON.stringify({ author: 'a', note: 'x', files: smallFlows() }),
    });
    expect(response.status).toBe(403);
  });

  it('survive the end of the process, and are then reached in the database', async () => {
    const { contentHash } = (await desk.versions())[0] ?? { contentHash: '' };
    const { dataDir } = kefu;
    await kefu.app.close();
    const { HOME = '' } = testEnvironment();
    const direct = await openFlowDesk(readConfig({ HOME, KEFU_DATA_DIR: dataDir }));
    try {
      expect(direct.place).toBe('the database');
      expect((await direct.versions())[0]).toMatchObject({ number: 3, contentHash });
    } finally {
      await direct.close();
    }
  });
});
