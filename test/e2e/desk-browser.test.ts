import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeMulaw, encodeMulaw } from '../../src/media/g711.ts';
import { encodeWav } from '../../src/media/wav.ts';
import { createCallerVoice, type CallerVoice } from '../../tools/lib/caller-voice.ts';
import { createTranscriber, type Transcriber } from '../../tools/lib/transcriber.ts';
import { connectTwilioCaller } from '../../tools/lib/twilio-caller.ts';
import { buildPages } from '../support/built-pages.ts';
import { openPage, startChromium, type WatchedPage } from '../support/chromium.ts';
import { connectDesk } from '../support/desk-client.ts';
import { testModelStore } from '../support/models.ts';
import { recordLoudspeaker } from '../support/page-scripts.ts';
import {
  complaints,
  startKefu,
  untilPromptsAreRendered,
  type KefuInProcess,
} from '../support/running-kefu.ts';
import { setUpStaff, type LoggedIn } from '../support/staff.ts';

/** What the pages looked like, for people. */
const pictures = join(tmpdir(), 'kefu-pages');
const patience = 60_000;

let kefu: KefuInProcess;
let voice: CallerVoice;
let transcriber: Transcriber;
let browser: Browser;
let directory: string;
let ben: LoggedIn;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  await buildPages();
  mkdirSync(pictures, { recursive: true });
  directory = mkdtempSync(join(tmpdir(), 'kefu-desk-'));
  [kefu, voice, transcriber] = await Promise.all([
    startKefu({}),
    createCallerVoice(testModelStore()),
    createTranscriber(testModelStore()),
  ]);
  await untilPromptsAreRendered(kefu);
  const staff = await setUpStaff(kefu.url);
  const anna = await staff.add('anna', 'agent');
  ben = await staff.add('ben', 'agent');
  const microphone = join(directory, 'microphone.wav');
  const { mulaw } = await voice.say('Good morning, my name is Anna. How can I help you today?');
  const silence = new Int16Array(8000);
  writeFileSync(microphone, encodeWav(Int16Array.from([...silence, ...decodeMulaw(mulaw)]), 8000, 1));
  browser = await startChromium({ microphone });
  watched = await openPage(browser);
  ({ page } = watched);
  page.setDefaultTimeout(patience);
  await page.addInitScript({ content: recordLoudspeaker });
  const [name = '', value = ''] = anna.cookie.split('=');
  await page.context().addCookies([{ name, value, url: kefu.url }]);
});
afterAll(async () => {
  await browser.close();
  await Promise.all([voice.close(), transcriber.close(), kefu.close()]);
  rmSync(directory, { recursive: true, force: true });
  expect(complaints(kefu.log)).toEqual([]);
});

const button = (name: string | RegExp) => page.getByRole('button', { name });
const says = (text: string | RegExp) => page.getByText(text).filter({ visible: true }).first().waitFor();
const picture = (name: string) =>
  page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true, animations: 'disabled' });
const aMoment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the page's loudspeaker has played since the last time, in words. */
async function wordsPlayed(): Promise<string> {
  const bytes = Buffer.from(await page.evaluate<string>('window.played()'), 'base64');
  return transcriber.read(encodeMulaw(new Int16Array(Uint8Array.from(bytes).buffer)));
}

describe('an agent in a browser', () => {
  it('answers an angry caller, hears and is heard, holds, and hands on to a colleague; Kefu says goodbye', async () => {
    await page.goto(`${kefu.url}/desk`);
    await button('Available').click();
    await says('The next contact rings here.');
    const caller = await connectTwilioCaller({ url: kefu.url, from: '+15550009999', to: '+18005550100' });
    try {
      await caller.untilQuiet({ quietMs: 700, limitMs: 30_000 });
      await caller.play(await voice.say('This is outrageous! I want to speak to a human being right now!'));
      await says('Incoming call');
      await picture('desk-real-offer');
      await says(/human|person/i);
      await button('Answer').click();
      await button('Finish').waitFor();
      const answeredMs = caller.nowMs;

      // The microphone says its sentence once, from the moment the page opened it.
      await aMoment(6_000);
      const heard = caller.heardAudio().slice(Math.round(answeredMs * 8));
      expect(await transcriber.read(heard)).toMatch(/anna|help you/i);
      await wordsPlayed();
      await caller.play(await voice.say('The desk lamp that I ordered arrived broken.'));
      await says(/lamp/i);
      expect(await wordsPlayed()).toMatch(/lamp/i);
      await picture('desk-real-talking');

      await button('Hold').click();
      await says('On hold: the caller hears music.');
      const heldMs = caller.nowMs;
      await aMoment(1_500);
      expect(caller.playback.firstAudibleAfter(heldMs + 500)).toBeDefined();
      await button('Resume').click();

      const colleague = await connectDesk(kefu.url, { cookie: ben.cookie });
      colleague.send({ type: 'choose', choice: { state: 'available' } });
      await colleague.until('agent', ({ agent }) => agent.state === 'available');
      await page.keyboard.press('Alt+KeyT');
      await page.getByText('Colleague', { exact: true }).click();
      await page.getByRole('combobox', { name: 'Colleague' }).click();
      await page.getByTitle(/Ben/).click();
      await page.getByRole('textbox', { name: 'Note for whoever takes over' }).fill('Wants a new lamp');
      await page.getByRole('dialog').getByRole('button', { name: 'Transfer' }).click();
      const { card } = await colleague.until('offer');
      expect(card.briefing?.done.at(-1)).toBe('Anna: Wants a new lamp');
      colleague.send({ type: 'accept', entryId: card.entryId });
      await colleague.until('conversation');
      await says('The caller was transferred.');
      await colleague.say(await voice.say('A new lamp is on its way.'));
      await aMoment(500);
      colleague.send({ type: 'finish', entryId: card.entryId });
      expect((await caller.ended).by).toBe('kefu');
      await colleague.close();
    } finally {
      await caller.hangUp();
    }
    // The recorder of this test needs what browsers would like to be rid of.
    expect(watched.complaints.filter((text) => !text.includes('ScriptProcessorNode'))).toEqual([]);
  });
});
