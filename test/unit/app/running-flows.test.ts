import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createCalls } from '../../../src/app/calls.ts';
import { publishFlows, rollBackFlows } from '../../../src/app/flows/publish.ts';
import { loadFlows, runFlows, type RunningFlows } from '../../../src/app/flows/running.ts';
import { writtenText } from '../../../src/core/speech.ts';
import type { FlowFiles } from '../../../src/core/store.ts';
import { createDialogEngine } from '../../../src/dialog/engine.ts';
import {
  emptyShop,
  fakeBus,
  fakeLog,
  fakeSnapshots,
  fakeStore,
  fakeUntoldChanges,
  FakeTextMedia,
  incoming,
  plainUnderstander,
  toneSynthesizer,
} from '../../support/call-fakes.ts';
import { fakeFlowStore } from '../../support/fake-flow-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { smallFlows, smallFlowsWith } from '../../support/small-flows.ts';

const first = smallFlows();
const second = smallFlowsWith('main.yaml', 'en: Hello.', 'en: Good day.');
const third = smallFlowsWith('main.yaml', 'en: Hello.', 'en: Welcome.');

const folders: string[] = [];
const running: RunningFlows[] = [];
afterEach(() => {
  for (const flows of running.splice(0)) flows.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderWith(files: FlowFiles): string {
  const folder = mkdtempSync(join(tmpdir(), 'kefu-flows-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function start(store = fakeFlowStore(), files: FlowFiles = first) {
  const clock = new ManualClock();
  const log = fakeLog();
  const prepared: string[] = [];
  const takenUp: (number | null)[] = [];
  const flows = await runFlows(await loadFlows(store, folderWith(files)), {
    store,
    clock,
    log,
    prepare(pack) {
      prepared.push(pack.version);
      const engine = createDialogEngine(pack, { voiceLanguages: ['en', 'zh'] });
      return Promise.resolve({ engine, understander: plainUnderstander });
    },
    onTakenUp: ({ number }) => takenUp.push(number),
  });
  running.push(flows);
  return { flows, clock, log, store, prepared, takenUp };
}

/** What a call on these flows hears first. */
async function greeting(flows: RunningFlows, contentHash?: string): Promise<string> {
  const { engine } = await flows.flowsFor(contentHash);
  const { effects } = engine.start({
    type: 'call-started',
    callId: 'call_1',
    gateway: 'test',
    from: '',
    to: '',
    language: 'en',
    atEpochMs: 0,
    channel: 'text',
  });
  return effects.flatMap((effect) => (effect.type === 'say' ? [writtenText(effect.utterance)] : []))[0] ?? '';
}

describe('the flows of a running Kefu', () => {
  it('are those of the folder as long as none was published', async () => {
    const { flows } = await start();
    expect(flows.newest.number).toBeNull();
    expect(await greeting(flows)).toBe('Hello.');
  });

  it('are the newest published ones from the start, whatever the folder holds', async () => {
    const store = fakeFlowStore();
    store.put(second);
    const { flows } = await start(store);
    expect(flows.newest.number).toBe(1);
    expect(await greeting(flows)).toBe('Good day.');
  });

  it('change for new calls within seconds of publishing; calls under way keep theirs', async () => {
    const { flows, clock, store, takenUp } = await start();
    const old = flows.newest.pack.version;
    store.put(second);
    expect(await greeting(flows)).toBe('Hello.');
    await clock.advanceAsync(2_000);
    expect(await greeting(flows)).toBe('Good day.');
    expect(await greeting(flows, old)).toBe('Hello.');
    expect(takenUp).toEqual([1]);
  });

  it('are found again for a call that goes on here but began in another process', async () => {
    const store = fakeFlowStore();
    const { contentHash } = store.put(second);
    store.put(third);
    const { flows, prepared } = await start(store);
    expect(prepared).not.toContain(contentHash);
    expect(await greeting(flows, contentHash)).toBe('Good day.');
    expect(await greeting(flows, contentHash)).toBe('Good day.');
    expect(prepared.filter((hash) => hash === contentHash)).toHaveLength(1);
  });

  it('of a folder that was never published are kept for such a call, too', async () => {
    const store = fakeFlowStore();
    const before = await start(store, second);
    const { flows } = await start(store, third);
    expect(await greeting(flows, before.flows.newest.pack.version)).toBe('Good day.');
  });

  it('that are gone are replaced by the newest, and the log says so', async () => {
    const { flows, log } = await start();
    expect(await greeting(flows, 'no-such-hash')).toBe('Hello.');
    expect(log.lines.map(({ message }) => message)).toContain(
      'the flows of a resumed call are gone: it begins anew',
    );
  });

  it('are not kept without bound, and come back when they are needed', async () => {
    const { flows, store, prepared } = await start();
    const hashes = ['One.', 'Two.', 'Three.', 'Four.', 'Five.'].map(
      (text) => store.put(smallFlowsWith('main.yaml', 'en: Hello.', `en: ${text}`)).contentHash,
    );
    for (const hash of hashes) await flows.flowsFor(hash);
    await flows.flowsFor(hashes[0]);
    expect(prepared.filter((hash) => hash === hashes[0])).toHaveLength(2);
    expect(await greeting(flows, hashes[0])).toBe('One.');
  });

  it('stay as they are when a version cannot be used; it is reported once and the next good one is taken', async () => {
    const { flows, clock, store, log } = await start();
    store.put({ ...first, 'main.yaml': 'flow: main\n' });
    for (let count = 0; count < 5; count += 1) await clock.advanceAsync(2_000);
    expect(await greeting(flows)).toBe('Hello.');
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    store.put(second);
    await clock.advanceAsync(2_000);
    expect(await greeting(flows)).toBe('Good day.');
  });

  it('outlive a database that is away, which is reported once', async () => {
    const { flows, clock, store, log } = await start();
    store.away = true;
    for (let count = 0; count < 5; count += 1) await clock.advanceAsync(2_000);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    store.put(second);
    store.away = false;
    await clock.advanceAsync(2_000);
    expect(await greeting(flows)).toBe('Good day.');
  });

  it('are looked after until they are closed, and no longer', async () => {
    const { flows, clock, store } = await start();
    flows.close();
    flows.close();
    const { looks } = store;
    await clock.advanceAsync(10_000);
    expect(store.looks).toBe(looks);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('publishing', () => {
  it('numbers versions, and a roll-back is a version of its own', async () => {
    const store = fakeFlowStore();
    await publishFlows(store, { author: 'Ada', note: 'First', files: first });
    await publishFlows(store, { author: 'Bo', note: 'Second', files: second });
    const { version } = await rollBackFlows(store, { number: 1, author: 'Cy', note: 'Back' });
    expect(version).toMatchObject({ number: 3, restores: 1, author: 'Cy', note: 'Back' });
    expect(await store.files(version.contentHash)).toEqual(first);
  });

  it('of what is the newest version already does nothing', async () => {
    const store = fakeFlowStore();
    await publishFlows(store, { author: 'Ada', note: 'First', files: first });
    const again = await publishFlows(store, { author: 'Bo', note: 'Again', files: first });
    expect(again).toMatchObject({ isNew: false, version: { number: 1, author: 'Ada' } });
    expect(await store.versions()).toHaveLength(1);
  });

  it('refuses flows with mistakes, names each, and keeps nothing', async () => {
    const store = fakeFlowStore();
    const files = smallFlowsWith('cancel.yaml', 'no: done', 'no: gone');
    await expect(publishFlows(store, { author: 'Ada', note: 'First', files })).rejects.toMatchObject({
      code: 'flow_invalid',
      message: expect.stringContaining('cancel.yaml:12: step "sure": there is no step "gone"') as string,
    });
    expect(await store.versions()).toEqual([]);
    expect(await store.drafts()).toEqual([]);
  });

  it('rolls back to no version that there is not', async () => {
    await expect(
      rollBackFlows(fakeFlowStore(), { number: 7, author: 'Ada', note: 'Back' }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a call that is resumed in another process', () => {
  it('goes on with the version it began with', async () => {
    const store = fakeFlowStore();
    const { contentHash } = store.put(first);
    const before = await start(store);
    const engine = (await before.flows.flowsFor()).engine;
    const step = engine.start({
      type: 'call-started',
      callId: 'call_1',
      gateway: 'test',
      from: '',
      to: '',
      language: 'en',
      atEpochMs: 0,
      channel: 'text',
    });
    store.put(second);

    const { flows, clock, log } = await start(store);
    const snapshots = fakeSnapshots();
    await snapshots.save({ callId: 'call_1', dialog: step.state, lastSeq: 5, savedAtEpochMs: 0 });
    const bus = fakeBus();
    const calls = createCalls(
      {
        clock,
        log,
        bus,
        store: fakeStore(),
        snapshots,
        untoldChanges: fakeUntoldChanges(),
        recordings: undefined,
        shopForCall: () => emptyShop,
        defaultLanguage: 'en',
        maxCallMs: 600_000,
        voice: {
          recognizer: () => {
            throw new Error('a typed call needs no recogniser');
          },
          synthesizer: toneSynthesizer(),
          createVoiceActivity: () => {
            throw new Error('a typed call has no voice');
          },
          createTurnDetector: () => {
            throw new Error('a typed call has no turns');
          },
          createDigitCollector: () => {
            throw new Error('a typed call has no keys');
          },
        },
      },
      { maxCalls: 5, flowsFor: (hash) => flows.flowsFor(hash) },
    );
    const media = new FakeTextMedia();
    calls.take({ ...incoming(media), resumes: 'call_1' });
    await expect
      .poll(() => bus.events.find(({ body }) => body.type === 'call-started')?.body)
      .toMatchObject({ resumed: true, flowsVersion: contentHash });
    expect(flows.newest.number).toBe(2);
    const drained = calls.drain(0);
    await clock.advanceAsync(10_000);
    await drained;
  });
});
