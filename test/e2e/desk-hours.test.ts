import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { weekdays, type Weekday } from '../../src/core/hours.ts';
import { buildPages } from '../support/built-pages.ts';
import { openPage, startChromium } from '../support/chromium.ts';
import { deskAgent } from '../support/desk-cards.ts';
import { ScriptedDesk } from '../support/scripted-desk.ts';

/** What the pages looked like, for people. */
const pictures = join(tmpdir(), 'kefu-pages');
/** Waits on a busy machine. */
const patience = { timeout: 30_000 };

let browser: Browser;
let desk: ScriptedDesk;

beforeAll(async () => {
  await buildPages();
  mkdirSync(pictures, { recursive: true });
  browser = await startChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  desk = await ScriptedDesk.start();
});
afterEach(async () => {
  await desk.close();
  expect(desk.faults).toEqual([]);
});

describe('the desk', () => {
  it.each([
    ['en', 'light', 1180],
    ['zh', 'dark', 420],
  ] as const)(
    'rings outside of the working hours only when its person wants it (%s, %s, %i px)',
    async (language, theme, width) => {
      const never = Object.fromEntries(weekdays.map((day) => [day, []])) as unknown as Record<
        Weekday,
        string[]
      >;
      desk.agent = deskAgent({ hours: { ...never, timeZone: 'UTC', closed: [] } });
      const watched = await openPage(browser, { language, theme, width });
      const { page } = watched;
      const says = (text: string) => page.getByText(text).filter({ visible: true }).first().waitFor(patience);
      await page.goto(`${desk.url}/desk`);
      const [outside, work, beyond] =
        language === 'en'
          ? [
              'It is outside your working hours: nothing new comes in.',
              'Work anyway',
              'You work outside your hours until',
            ]
          : ['现在不在您的工作时间内，不会有新的来访。', '仍要工作', '您正在工作时间之外工作，离线后结束。'];
      await says(outside);
      await page.screenshot({ path: join(pictures, `desk-hours-${language}.png`), fullPage: true });
      await page.getByRole('button', { name: work }).click(patience);
      expect(await desk.asked('choose')).toMatchObject({ choice: { state: 'available', anyway: true } });
      await says(beyond);
      await page.screenshot({ path: join(pictures, `desk-beyond-${language}.png`), fullPage: true });
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(watched.complaints).toEqual([]);
      await page.close();
    },
  );
});
