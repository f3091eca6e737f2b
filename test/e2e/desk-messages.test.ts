import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPages } from '../support/built-pages.ts';
import { openPage, startChromium, type WatchedPage } from '../support/chromium.ts';
import { contactCard } from '../support/desk-cards.ts';
import { ScriptedDesk } from '../support/scripted-desk.ts';

/** What the pages looked like, for people. */
const pictures = join(tmpdir(), 'kefu-pages');
/** Waits on a busy machine. */
const patience = { timeout: 30_000 };

let browser: Browser;
let desk: ScriptedDesk;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  await buildPages();
  mkdirSync(pictures, { recursive: true });
  browser = await startChromium();
});
afterAll(() => browser.close());

beforeEach(async () => {
  desk = await ScriptedDesk.start();
  watched = await openPage(browser);
  page = watched.page;
  page.setDefaultTimeout(patience.timeout);
});
afterEach(async () => {
  await page.close();
  await desk.close();
  expect(desk.faults).toEqual([]);
});

const button = (name: string) => page.getByRole('button', { name });
const says = (text: string | RegExp) => page.getByText(text).filter({ visible: true }).first().waitFor();
const picture = (name: string) =>
  page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true, animations: 'disabled' });

describe('messages and earlier contacts', { timeout: 120_000 }, () => {
  const message = {
    callId: 'call_lee',
    number: '+15557654321',
    customerName: 'Lee Wong',
    language: 'en' as const,
    leftAtEpochMs: Date.UTC(2026, 0, 5, 8, 30),
    text: 'My parcel was left in the rain. Please call me back before noon.',
    durationMs: 7_000,
    hasSound: true,
    takenBy: null,
  };
  const chinese = {
    ...message,
    ...{ callId: 'call_wang', customerName: null, language: 'zh' as const, hasSound: false },
    ...{ text: '我的订单还没有发货，请回电。', takenBy: '王伟' },
  };

  it('are read, heard, taken and settled at the desk', async () => {
    desk.messages = [message, chinese];
    await page.goto(`${desk.url}/desk`);
    await says('Messages (2)');
    await says(message.text);
    await says('taken by 王伟');
    await button('Play').click();
    await expect
      .poll(() => page.evaluate<number>(`document.querySelector('audio')?.currentTime ?? 0`), patience)
      .toBeGreaterThan(0);
    // Before one is available nothing can ring here.
    expect(await button('Take it').isDisabled()).toBe(true);
    await button('Available').click();
    await button('Take it').click();
    await expect.poll(() => desk.messageDeeds, patience).toEqual(['take call_lee']);
    desk.messages = [message];
    await page.reload();
    await button('Done').click();
    await page.getByRole('tooltip').getByRole('button', { name: 'Done' }).click();
    await expect.poll(() => desk.messageDeeds, patience).toEqual(['take call_lee', 'settle call_lee']);
    await page.getByText('Messages (').waitFor({ state: 'detached' });
    expect(watched.complaints).toEqual([]);
  });

  it.each([
    { language: 'en', theme: 'light', width: 1180 },
    { language: 'zh', theme: 'dark', width: 390 },
  ] as const)('fit into the page in $language, $theme, $width pixels wide', async (looks) => {
    const { language, theme, width } = looks;
    desk.messages = [message, chinese];
    desk.earlier = [
      {
        ...{ callId: 'call_before', atEpochMs: Date.UTC(2026, 0, 2, 14, 0), channel: 'voice' },
        ...{ outcome: 'resolved', wanted: 'to send back a lamp', wrapUpCode: 'follow-up' },
        notes: [{ name: 'Ada Okafor', text: 'Label sent by mail.', atEpochMs: Date.UTC(2026, 0, 2, 14, 9) }],
      },
    ];
    await page.close();
    watched = await openPage(browser, { language, theme, width });
    page = watched.page;
    page.setDefaultTimeout(patience.timeout);
    await page.goto(`${desk.url}/desk`);
    const zh = language === 'zh';
    await says(zh ? '留言 (2)' : 'Messages (2)');
    await button(zh ? '空闲' : 'Available').click();
    await desk.asked('choose');
    desk.offer(contactCard());
    await button(zh ? '接听' : 'Answer').click();
    await says(zh ? '历史来访' : 'Earlier contacts');
    await says('Label sent by mail.');
    await says(zh ? '需要跟进' : 'needs follow-up');
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await picture(`desk-messages-${language}-${theme}`);
    expect(watched.complaints).toEqual([]);
  });
});
