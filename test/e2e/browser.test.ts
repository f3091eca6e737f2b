import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAudible } from '../../src/media/level.ts';
import { decodeMulaw } from '../../src/media/g711.ts';
import { encodeWav } from '../../src/media/wav.ts';
import { createCallerVoice } from '../../tools/lib/caller-voice.ts';
import { buildPages } from '../support/built-pages.ts';
import { openPage, startChromium, type WatchedPage } from '../support/chromium.ts';
import { testModelStore } from '../support/models.ts';
import {
  callRecord,
  complaints,
  endedCall,
  eventually,
  listCalls,
  startKefu,
  untilPromptsAreRendered,
  type KefuInProcess,
} from '../support/running-kefu.ts';
import { speechParts, transcriptOf } from '../support/scenario-player.ts';

/** What the pages looked like, for people. */
const pictures = join(tmpdir(), 'kefu-pages');
/** Waits on a busy machine. */
const patience = { timeout: 90_000 };

let kefu: KefuInProcess;
let directory: string;
beforeAll(async () => {
  await buildPages();
  mkdirSync(pictures, { recursive: true });
  directory = mkdtempSync(join(tmpdir(), 'kefu-browser-'));
  kefu = await startKefu({ KEFU_RECORD_CALLS: 'true' });
  await untilPromptsAreRendered(kefu);
});
afterAll(async () => {
  await kefu.close();
  rmSync(directory, { recursive: true, force: true });
  expect(complaints(kefu.log)).toEqual([]);
});

const picture = (page: Page, name: string) =>
  page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true, animations: 'disabled' });
const says = (page: Page, text: string | RegExp) =>
  page.getByText(text).filter({ visible: true }).first().waitFor(patience);
const callIdOf = (page: Page) => page.url().split('/').at(-1) ?? '';
const innerWidth = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth');

/** A microphone file: clips, each beginning at its second. */
async function microphoneFile(
  ...clips: readonly (readonly [startS: number, words: string])[]
): Promise<string> {
  const voice = await createCallerVoice(testModelStore());
  try {
    const samples = new Int16Array(60 * 8000);
    for (const [startS, words] of clips) {
      const { mulaw } = await voice.say(speechParts(words));
      samples.set(decodeMulaw(mulaw), startS * 8000);
    }
    const path = join(directory, 'microphone.wav');
    writeFileSync(path, encodeWav(samples, 8000, 1));
    return path;
  } finally {
    await voice.close();
  }
}

describe('a test call with the microphone', () => {
  let browser: Browser;
  let watched: WatchedPage;
  let callId: string;
  beforeAll(async () => {
    // Kefu's greeting ends before the first clip, and each of its questions before the next.
    const microphone = await microphoneFile([8, 'Hi, where is my order?'], [17, '{order_number:W2378156}']);
    browser = await startChromium({ microphone });
    watched = await openPage(browser);
  });
  afterAll(() => browser.close());

  it('is answered, understood, and told the right status', async () => {
    const { page } = watched;
    await page.goto(kefu.url);
    await says(page, '#W2378156');
    await page.getByRole('button', { name: 'Call' }).click();
    await says(page, 'Connected');
    await says(page, 'Hello, this is the Kefu demo shop.');
    await says(page, /where('s| is) my order/i);
    await says(page, 'order_number');
    await says(page, /Order #W2378156 comes in two packages/);
    await says(page, /should arrive tomorrow/);
    await says(page, 'Is there anything else I can do for you?');
    await picture(page, 'test-call-connected');
    // The page shows words when Kefu begins to say them; the record, when they have been heard.
    const [call] = await listCalls(kefu);
    callId = call?.callId ?? '';
    await eventually(async () => {
      const { events } = await callRecord(kefu, callId);
      return events.find(({ body }) => body.type === 'heard' && body.text.includes('anything else'));
    }, 'the last words to be heard');
    await page.getByRole('button', { name: 'Hang up' }).click();
    await says(page, 'Call ended');
    await page.getByRole('link', { name: /timeline of this call/ }).click();
    await page.waitForURL(/\/calls\/call_/);
    expect(callIdOf(page)).toBe(callId);
    expect(watched.complaints).toEqual([]);
  });

  it('was heard as it was said, by both sides', async () => {
    const { events } = await endedCall(kefu, callId);
    const story = transcriptOf(events);
    expect(events.at(-1)?.body, story).toMatchObject({ type: 'call-ended', reason: 'caller-hung-up' });
    // The page has played what Kefu said, since it has returned the marks behind it.
    const heard = events.flatMap(({ body }) => (body.type === 'heard' && body.complete ? [body.text] : []));
    expect(heard.join(' '), story).toMatch(/demo shop.*order number.*two packages.*should arrive tomorrow/);
    const { samples, sampleRateHz, channels } = stereo(join(kefu.dataDir, 'recordings', `${callId}.wav`));
    expect(channels).toBe(2);
    const [caller, shop] = [0, 1].map((channel) => audibleMs(samples, channel, sampleRateHz));
    expect(caller).toBeGreaterThan(2_000);
    expect(shop).toBeGreaterThan(5_000);
  });

  it('shows on its timeline who said what, what was understood, and how quickly Kefu answered', async () => {
    const { page } = watched;
    await says(page, 'Hello, this is the Kefu demo shop.');
    await says(page, /order_status \d\.\d\d/);
    await says(page, /heard so far/);
    await says(page, /answer after \d+ ms/);
    await says(page, /getOrder/);
    await says(page, 'Median answer after');
    expect(await page.locator('svg rect').count()).toBeGreaterThanOrEqual(6);
    const audio = page.locator('audio');
    await audio.waitFor({ ...patience, state: 'attached' });
    const seconds = await eventually(async () => {
      const length = await page.evaluate<number>("document.querySelector('audio').duration");
      return Number.isFinite(length) ? length : undefined;
    }, 'the recording to be loaded');
    expect(seconds).toBeGreaterThan(10);
    await picture(page, 'timeline-en-light');
    expect(watched.complaints).toEqual([]);
  });
});

// Nothing is recognised from speech here: what fails once is a fault.
describe('a test call with the keypad', { retry: 0 }, () => {
  let browser: Browser;
  let callId: string;
  beforeAll(async () => {
    browser = await startChromium({ microphone: await microphoneFile() });
  });
  afterAll(() => browser.close());

  it('takes keys and tells the status of the order keyed in', async () => {
    const { page, complaints: problems } = await openPage(browser);
    await page.goto(kefu.url);
    const key = (name: string) => page.getByRole('button', { name: `Key ${name}`, exact: true });
    expect(await key('1').isEnabled()).toBe(false);
    await page.getByRole('button', { name: 'Call' }).click();
    await says(page, 'How can I help you?');
    await key('1').click();
    await says(page, /order number\?/);
    for (const digit of '4410273#') await key(digit).click();
    await says(page, /Order #W4410273.*has not been shipped yet/);
    // Words appear when they begin to be spoken: hung up during them, the call would have been told less of the order.
    await says(page, /anything else/i);
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('link', { name: /timeline of this call/ }).click();
    await page.waitForURL(/\/calls\/call_/);
    await says(page, 'keyed: 4410273');
    callId = callIdOf(page);
    await endedCall(kefu, callId);
    expect(problems).toEqual([]);
  });

  const looks = [
    ['en', 'light', { list: 'Calls', timeline: 'Conversation', call: 'Call', duration: 'Length' }],
    ['zh', 'dark', { list: '通话记录', timeline: '对话', call: '呼叫', duration: '时长' }],
    ['en', 'dark', { list: 'Calls', timeline: 'Conversation', call: 'Call', duration: 'Length' }],
    ['zh', 'light', { list: '通话记录', timeline: '对话', call: '呼叫', duration: '时长' }],
  ] as const;
  for (const [language, theme, words] of looks) {
    it(`has its pages in ${language === 'en' ? 'English' : 'Chinese'} and ${theme} colours`, async () => {
      const { page, complaints: problems } = await openPage(browser, { language, theme });
      await page.goto(kefu.url);
      await page.getByRole('button', { name: words.call }).waitFor(patience);
      expect(await page.evaluate<string>('document.documentElement.lang')).toBe(language);
      await picture(page, `test-call-${language}-${theme}`);

      await page.goto(`${kefu.url}/calls`);
      await page.getByRole('heading', { name: words.list }).waitFor(patience);
      await page.locator(`a[href="/calls/${callId}"]`).waitFor(patience);
      await says(page, words.duration);
      await picture(page, `calls-${language}-${theme}`);

      await page.locator(`a[href="/calls/${callId}"]`).click();
      await says(page, words.timeline);
      await says(page, /W4410273/);
      await picture(page, `timeline-${language}-${theme}`);
      const colour = await page.evaluate<string>(
        "getComputedStyle(document.querySelector('.ant-layout')).backgroundColor",
      );
      const [red = 0] = (/\d+/.exec(colour) ?? []).map(Number);
      expect(red < 128 ? 'dark' : 'light').toBe(theme);
      expect(problems).toEqual([]);
      await page.close();
    });
  }

  it('fits a narrow screen without scrolling sideways', async () => {
    for (const language of ['en', 'zh'] as const) {
      const { page, complaints: problems } = await openPage(browser, { language, width: 390, height: 844 });
      for (const [name, path] of [
        ['test-call', '/'],
        ['calls', '/calls'],
        ['timeline', `/calls/${callId}`],
      ] as const) {
        await page.goto(kefu.url + path);
        await page.waitForLoadState('networkidle');
        await picture(page, `${name}-${language}-narrow`);
        expect(await innerWidth(page), `${name} in ${language}`).toBeLessThanOrEqual(390);
      }
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  it('shows a call live while it goes on', async () => {
    const caller = await openPage(browser);
    await caller.page.goto(kefu.url);
    await caller.page.getByRole('button', { name: 'Call' }).click();
    await says(caller.page, 'How can I help you?');
    const { page, complaints: problems } = await openPage(browser);
    await page.goto(`${kefu.url}/calls`);
    await says(page, 'going on');
    await page.locator('tbody a').first().click();
    await says(page, 'How can I help you?');
    await caller.page.getByRole('button', { name: 'Key 1', exact: true }).click();
    await says(page, 'keyed: 1');
    await caller.page.getByRole('button', { name: 'Hang up' }).click();
    await says(page, /Call ended/);
    const { call } = await callRecord(kefu, callIdOf(page));
    expect(call.gateway).toBe('browser');
    expect([...problems, ...caller.complaints]).toEqual([]);
  });

  it('says so when there is no such call and no such page', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${kefu.url}/calls/call_00000000000000000000000000`);
    await says(page, 'This could not be loaded');
    await picture(page, 'no-such-call');
    expect((await page.goto(`${kefu.url}/nothing`))?.status()).toBe(404);
  });
});

function stereo(path: string) {
  const bytes = readFileSync(path);
  const channels = bytes.readUInt16LE(22);
  const sampleRateHz = bytes.readUInt32LE(24);
  const data = bytes.subarray(44);
  const samples = new Int16Array(data.buffer.slice(data.byteOffset, data.byteOffset + (data.length & ~3)));
  return { samples, sampleRateHz, channels };
}

/** How much of a channel is louder than -50 dBFS. */
function audibleMs(samples: Int16Array, channel: number, sampleRateHz: number): number {
  const packet = sampleRateHz / 50;
  const own = samples.filter((_, index) => index % 2 === channel);
  let packets = 0;
  for (let at = 0; at + packet <= own.length; at += packet) {
    if (isAudible(own.subarray(at, at + packet))) packets += 1;
  }
  return packets * 20;
}
