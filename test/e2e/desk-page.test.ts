import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deskAudio } from '../../src/core/desk.ts';
import { encodeWav } from '../../src/media/wav.ts';
import { buildPages } from '../support/built-pages.ts';
import { openPage, startChromium, type WatchedPage } from '../support/chromium.ts';
import { contactCard, liveCall, transcriptLine } from '../support/desk-cards.ts';
import { listenToLoudspeaker, takeNotifications } from '../support/page-scripts.ts';
import { ScriptedDesk } from '../support/scripted-desk.ts';
import { beeps, joined, toneShare } from '../support/tones.ts';

/** What the pages looked like, for people. */
const pictures = join(tmpdir(), 'kefu-pages');
/** Waits on a busy machine. */
const patience = { timeout: 30_000 };
const microphoneHz = 660;
const callerHz = 440;
const { sampleRateHz } = deskAudio;

let browser: Browser;
let directory: string;
let desk: ScriptedDesk;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  await buildPages();
  mkdirSync(pictures, { recursive: true });
  directory = mkdtempSync(join(tmpdir(), 'kefu-desk-'));
  const microphone = join(directory, 'microphone.wav');
  writeFileSync(microphone, encodeWav(beeps(microphoneHz, 60_000, sampleRateHz), sampleRateHz, 1));
  browser = await startChromium({ microphone });
});
afterAll(async () => {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  desk = await ScriptedDesk.start();
  watched = await openPage(browser);
  page = watched.page;
  page.setDefaultTimeout(patience.timeout);
  await page.addInitScript({ content: listenToLoudspeaker });
});
afterEach(async () => {
  await page.close();
  await desk.close();
  expect(desk.faults).toEqual([]);
});

/** Waits until what the loudspeaker plays is as it should be. */
async function loudspeaker(what: string, isRight: (frequencyHz: number) => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const frequencyHz = await page.evaluate<number>('window.loudestHz()');
    if (isRight(frequencyHz)) return;
    if (performance.now() > deadline) throw new Error(`${frequencyHz} Hz is no ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const near = (wantedHz: number) => (frequencyHz: number) => Math.abs(frequencyHz - wantedHz) < 12;

const button = (name: string | RegExp) => page.getByRole('button', { name });
const says = (text: string | RegExp) => page.getByText(text).filter({ visible: true }).first().waitFor();
const picture = (name: string) =>
  page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true, animations: 'disabled' });
const requestCount = () => desk.requests.length;

/** Signs in, is offered the contact and answers it. */
async function answered(card = contactCard()): Promise<void> {
  await page.goto(`${desk.url}/desk`);
  await button('Available').click();
  await desk.asked('choose');
  desk.offer(card);
  await button('Answer').click();
  await button('Finish').waitFor();
}

/** Waits until the newest second of the microphone is, or is not, the tone. */
async function heardTone(): Promise<boolean> {
  const from = desk.heard.length;
  await desk.until(() => desk.heard.length >= from + 50, 'a second of the microphone');
  return toneShare(joined(desk.heard.slice(from)), microphoneHz, sampleRateHz) > 0.5;
}

describe('the desk', { timeout: 120_000 }, () => {
  it('shows who calls and why before the call is answered', async () => {
    await page.goto(`${desk.url}/desk`);
    await says('Choose “Available” to get contacts.');
    await button('Available').click();
    expect(await desk.asked('choose')).toMatchObject({ choice: { state: 'available' } });
    await says('The next contact rings here.');
    desk.offer(contactCard());
    await says('Incoming call');
    await says('verified by order number');
    await says(/Mia Garcia wants to send back a lamp/);
    await says('A refund of 45.90 USD was promised within five days.');
    await says('W2378156. This is the third time! Get me a person.');
    await page.getByRole('img', { name: /Mood over time: calm 10 %, .*angry 82 %/ }).waitFor();
    await expect.poll(() => page.title(), patience).toContain('☎');
    // The answer has the focus, so that Enter takes the call.
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Answer');
    desk.send({ type: 'line', callId: 'call_mia', line: transcriptLine(6, 'caller', 'Anybody there?') });
    await says('Anybody there?');
    // It rings: one of the three notes is in the air.
    await loudspeaker('ring', (frequencyHz) => frequencyHz > 600);
    await picture('desk-offer');
    await page.keyboard.press('Alt+KeyX');
    expect(await desk.asked('decline')).toEqual({ type: 'decline', entryId: 'call_mia' });
    await says('The next contact rings here.');
    await expect.poll(() => page.title(), patience).not.toContain('☎');
    expect(watched.complaints).toEqual([]);
  });

  it('is heard and hears, but not on hold and not while muted', async () => {
    const quiet = desk.playTone(callerHz);
    await answered();
    await loudspeaker('caller', near(callerHz));
    await desk.until(() => desk.heard.length > 0, 'sound of the microphone');
    expect(await heardTone()).toBe(true);

    await page.keyboard.press('Alt+KeyM');
    expect(await desk.asked('mute')).toMatchObject({ on: true });
    const whileMuted = desk.heard.length;
    await says('You are muted');
    // A packet may have been on its way; the next two levels of the loudspeaker are 200 ms of nothing from the microphone.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(desk.heard.length - whileMuted).toBeLessThanOrEqual(2);
    await button('Unmute').click();
    await desk.until(() => desk.heard.length > whileMuted + 5, 'sound after muting');

    await button('Hold').click();
    expect(await desk.asked('hold')).toMatchObject({ on: true });
    quiet();
    await says('On hold: the caller hears music.');
    await loudspeaker('silence', (frequencyHz) => frequencyHz === 0);
    const onHold = desk.heard.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(desk.heard.length - onHold).toBeLessThanOrEqual(2);
    const before = requestCount();
    await button('Resume').click();
    expect(await desk.asked('hold', before)).toMatchObject({ on: false });
    await desk.until(() => desk.heard.length > onHold + 5, 'sound after the hold');
    expect(watched.complaints).toEqual([]);
  });

  it('sends keys, asks a colleague, transfers, and wraps up', async () => {
    await answered();
    await button('Keys').click();
    await button('Key 5').click();
    expect(await desk.asked('keys')).toMatchObject({ digits: '5' });

    await button('Consult').click();
    await page.getByRole('combobox', { name: 'Whom do you want to ask?' }).click();
    await page.getByTitle(/王伟/).click();
    await button('Ask').click();
    expect(await desk.asked('consult')).toMatchObject({ agentId: 'wei' });
    await button('All together').click();
    expect(await desk.asked('consult-end')).toMatchObject({ then: 'conference' });
    await says('Conference: all hear each other.');
    const before = requestCount();
    await button('Without the colleague').click();
    expect(await desk.asked('consult-end', before)).toMatchObject({ then: 'back' });

    await page.getByRole('textbox', { name: 'Notes' }).fill('Lamp broken twice');
    await page.keyboard.press('Enter');
    expect(await desk.asked('note')).toMatchObject({ callId: 'call_mia', text: 'Lamp broken twice' });

    await page.keyboard.press('Alt+KeyT');
    await page.getByText('Number', { exact: true }).click();
    await page.getByRole('textbox', { name: 'Number' }).fill('030 123');
    await says(/Write the number with \+/);
    await page.getByRole('textbox', { name: 'Number' }).fill('+49 30 1234567');
    await page.getByRole('textbox', { name: 'Note for whoever takes over' }).fill('Wants a refund');
    await page.getByRole('dialog').getByRole('button', { name: 'Transfer' }).click();
    expect(await desk.asked('transfer')).toEqual({
      type: 'transfer',
      entryId: 'call_mia',
      to: { kind: 'number', number: '+49301234567' },
      note: 'Wants a refund',
    });

    await says('The caller was transferred.');
    await button('needs follow-up').click();
    expect(await desk.asked('wrap-up')).toMatchObject({ callId: 'call_mia', code: 'follow-up' });
    await button('Done, I am available').click();
    await says('The next contact rings here.');
    expect(watched.complaints).toEqual([]);
  });

  it('says that the line is lost, and goes on with its conversation when it is back', async () => {
    await answered();
    await page.getByRole('textbox', { name: 'Notes' }).fill('half a sentence');
    desk.cut();
    await says('The connection to Kefu is lost.');
    await picture('desk-line-lost');
    await desk.until(
      () => desk.requests.filter(({ type }) => type === 'hello').length === 2,
      'a second hello',
    );
    await page.getByText('The connection to Kefu is lost.').waitFor({ state: 'hidden' });
    await button('Finish').waitFor();
    expect(await page.getByRole('textbox', { name: 'Notes' }).inputValue()).toBe('half a sentence');
    const silent = desk.heard.length;
    await desk.until(() => desk.heard.length > silent + 5, 'sound after the reconnect');
    await page.keyboard.press('Alt+KeyG');
    await desk.asked('finish');
    await says('After-call work');
  });

  it('notifies on another page of Kefu, leads back, and shows what could not be done', async () => {
    await page.addInitScript({ content: takeNotifications });
    await page.goto(`${desk.url}/desk`);
    await button('Available').click();
    await desk.asked('choose');
    await page.getByRole('link', { name: 'Calls' }).click();
    desk.offer(contactCard());
    await desk.until(() => desk.agent.state === 'ringing', 'the ring');
    await page.waitForURL(/calls/);
    await page.getByText('No calls yet.').waitFor();
    await expect
      .poll(() => page.evaluate('window.notified'), patience)
      .toEqual(['Incoming contact', 'to send back a lamp']);
    await page.evaluate('window.notification.onclick()');
    await button('Answer').click();
    await button('Finish').waitFor();
    await expect.poll(() => page.evaluate('window.notification.closed'), patience).toBe(true);
    desk.send({ type: 'problem', code: 'transfer_failed', message: 'The number is busy.' });
    await says('The number is busy.');
    expect(watched.complaints).toEqual([]);
  });

  it('asks before the tab is left in a conversation, which goes on after a reload', async () => {
    await answered();
    const asked: string[] = [];
    let leave = false;
    page.on('dialog', (dialog) => {
      asked.push(dialog.type());
      void (leave ? dialog.accept() : dialog.dismiss());
    });
    await page.evaluate('location.reload()');
    await desk.until(() => asked.length > 0, 'the question of the browser');
    expect(asked).toEqual(['beforeunload']);
    // The menu of the app is no leaving: the conversation goes on.
    await page.getByRole('link', { name: 'Calls' }).click();
    const onOtherPage = desk.heard.length;
    await desk.until(() => desk.heard.length > onOtherPage + 20, 'sound on another page');
    await page.getByRole('link', { name: 'Desk' }).click();
    // Loaded anew, the page goes on with it, with sound in both directions and without another click.
    leave = true;
    const before = requestCount();
    await page.evaluate('location.reload()');
    await desk.asked('hello', before);
    await button('Finish').waitFor();
    desk.playTone(callerHz);
    await loudspeaker('caller', near(callerHz));
    expect(await heardTone()).toBe(true);
    await button('Finish').click();
    await desk.asked('finish');
  });

  it('holds several text conversations, with a search and the shop’s data', async () => {
    const emma = contactCard({ callId: 'call_emma', channel: 'text', customerName: 'Emma Kovacs' });
    const mia = contactCard({ channel: 'text' });
    await answered(emma);
    desk.converse(mia);
    await page.getByRole('tab', { name: 'Mia Garcia' }).waitFor();
    await page.getByRole('textbox', { name: 'Write to the customer' }).fill('Hello Em');
    await page.keyboard.press('Alt+Digit2');
    const composer = page.getByRole('textbox', { name: 'Write to the customer' });
    expect(await composer.inputValue()).toBe('');
    await composer.fill('Hello Mia');
    await page.keyboard.press('Enter');
    expect(await desk.asked('text')).toMatchObject({ entryId: 'call_mia', text: 'Hello Mia' });
    await page.getByRole('log').getByText('Hello Mia').waitFor();
    await page.keyboard.press('Alt+Digit1');
    expect(await composer.inputValue()).toBe('Hello Em');

    await page.keyboard.press('Alt+KeyS');
    await page.keyboard.type('LAMP');
    expect(await page.locator('mark').allTextContents()).toEqual(['lamp']);
    await page.getByRole('tab', { name: 'Customer' }).click();
    await says('1Z999AA10123456784');
    await says(/Mechanical keyboard/);
    await picture('desk-texts');
    expect(watched.complaints).toEqual([]);
    desk.customer = undefined;
    await button('Refresh').click();
    await says(/The shop’s data of this customer is not available here/);
  });

  it('tries out microphone and loudspeaker', async () => {
    await page.goto(`${desk.url}/desk`);
    await button('Sound').click();
    await button('Record two seconds and play them').click();
    await says('Playing …');
    await loudspeaker('own voice', near(microphoneHz));
    await says('That was your voice.');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Alt+Slash');
    await says('Alt+A');
    expect(watched.complaints).toEqual([]);
  });

  it('leaves the sound to the telephone of who takes calls there', async () => {
    await page.goto(`${desk.url}/desk`);
    await page.getByText('Telephone +493012345').click();
    expect(await desk.asked('device')).toEqual({ type: 'device', device: 'telephone' });
    await button('Available').click();
    desk.offer(contactCard());
    await button('Answer').click();
    await says('You speak on your telephone.');
    expect(await button('Mute').count()).toBe(0);
    expect(desk.heard).toEqual([]);
  });

  it('keeps all its parts on a narrow screen', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(`${desk.url}/desk`);
    await button('Available').click();
    desk.offer(contactCard());
    await button('Answer').waitFor();
    const width = () => page.evaluate<number>('document.documentElement.scrollWidth');
    expect(await width()).toBeLessThanOrEqual(360);
    await button('Answer').click();
    await button('Finish').waitFor();
    expect(await width()).toBeLessThanOrEqual(360);
    await picture('desk-narrow');
    desk.end('call_mia', 'caller-left');
    await says('The caller hung up.');
    expect(await width()).toBeLessThanOrEqual(360);
  });
});

describe('the supervisor’s page', { timeout: 120_000 }, () => {
  beforeEach(async () => {
    desk.liveCalls = [
      liveCall({ callId: 'calm', phase: 'kefu', mood: 'neutral', anger: 0.1, customerName: 'Yusuf Rossi' }),
      liveCall({ callId: 'angry', phase: 'person', agents: [{ id: 'wei', name: '王伟' }] }),
    ];
    await page.goto(`${desk.url}/supervise`);
  });
  const calls = () => page.getByRole('list', { name: 'Live contacts' }).getByRole('button');

  it('reads along, listens without a microphone, whispers and takes over', async () => {
    await calls().first().filter({ hasText: 'Mia Garcia' }).click();
    expect(await desk.asked('supervise')).toMatchObject({ callId: 'angry', mode: 'listen' });
    await says('W2378156. This is the third time! Get me a person.');
    desk.playTone(callerHz);
    const before = requestCount();
    await page.getByText('Listen', { exact: true }).click();
    await desk.asked('supervise', before);
    await loudspeaker('caller', near(callerHz));
    expect(desk.heard).toEqual([]);
    await page.getByText('Whisper', { exact: true }).click();
    await says('Only the agent hears you.');
    await desk.until(() => desk.heard.length > 0, 'the whisper');
    expect(await heardTone()).toBe(true);
    await picture('supervise');
    await button('Take over').click();
    await page.getByRole('tooltip').getByRole('button', { name: 'Take over' }).click();
    expect(await desk.asked('take-over')).toMatchObject({ callId: 'angry' });
    await page.getByRole('link', { name: 'To the desk' }).click();
    await button('Finish').waitFor();
    expect(watched.complaints).toEqual([]);
  });

  it('watches the chosen call again after the line was lost', async () => {
    await calls().first().click();
    await desk.asked('supervise');
    await says('W2378156. This is the third time! Get me a person.');
    desk.forget('angry');
    const before = requestCount();
    desk.cut();
    expect(await desk.asked('supervise', before)).toMatchObject({ callId: 'angry', mode: 'listen' });
    await says('You read along. Nobody notices, and you hear nothing.');
    await says('W2378156. This is the third time! Get me a person.');
  });

  it('filters by mood, phase and words, and leaves the call it watched when it is left', async () => {
    await calls().nth(1).waitFor();
    await page.getByText('Only angry or upset').click();
    expect(await calls().count()).toBe(1);
    await page.getByRole('textbox', { name: 'Name, number or wish' }).fill('nobody');
    await says('No contact matches the filters.');
    await page.getByRole('textbox', { name: 'Name, number or wish' }).fill('garcia');
    await calls().first().click();
    await desk.asked('supervise');
    await page.getByRole('link', { name: 'Figures' }).click();
    expect(await desk.asked('supervise-end')).toMatchObject({ callId: 'angry' });
    await says('278 (67 %)');
    await says('complaints');
    await picture('figures');
    expect(watched.complaints).toEqual([]);
    desk.figures = undefined;
    await page.reload();
    await says(/This Kefu does not serve figures/);
  });
});

describe('an agent without the role', { retry: 0 }, () => {
  it('is told so on the supervisor’s page', async () => {
    const agents = await ScriptedDesk.start({ role: 'agent' });
    try {
      await page.goto(`${agents.url}/supervise`);
      await says('This page is for supervisors.');
    } finally {
      await agents.close();
    }
  });
});
