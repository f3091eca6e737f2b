import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeAt } from '../../src/people/codes.ts';
import { buildPages } from '../support/built-pages.ts';
import { openPage, startChromium, type WatchedPage } from '../support/chromium.ts';
import { startPeopleServer, type PeopleServer } from '../support/people-server.ts';

/** What the pages looked like, for people. */
const pictures = join(tmpdir(), 'kefu-pages');
const patience = { timeout: 20_000 };
const password = 'plum violin harbour';
const own = 'seven green kettles';

let server: PeopleServer;
let browser: Browser;
beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  [server, browser] = await Promise.all([startPeopleServer(), startChromium(), buildPages()]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
  expect(server.log.lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
});

const picture = (page: Page, name: string) =>
  page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true, animations: 'disabled' });
const says = (page: Page, text: string | RegExp) =>
  page.getByText(text).filter({ visible: true }).first().waitFor(patience);
/** A button may still be named after its last press, as in "loading Next"; it is pressed once it can be. */
const press = (page: Page, name: string) =>
  page
    .getByRole('button', { name: new RegExp(`(^| )${name}$`) })
    .filter({ visible: true })
    .first()
    .click(patience);
const fill = (page: Page, label: string, text: string) =>
  page.getByLabel(label, { exact: true }).filter({ visible: true }).first().fill(text, patience);
const innerWidth = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth');
/** A refusal that is expected is an error for the browser's console. */
const faults = ({ complaints }: WatchedPage) =>
  complaints.filter((text) => !/status of 4(01|03|09|22|29)/.test(text));

async function logIn(page: Page, login: string, secret: string): Promise<void> {
  await fill(page, 'Log-in name', login);
  await fill(page, 'Password', secret);
  await press(page, 'Next');
}
const stepOn = () => server.clock.advance(30_000);

// One story: each part goes on where the one before ended.
describe('people', { retry: 0, concurrent: false }, () => {
  let ada: WatchedPage;
  let bo: WatchedPage;
  let codeSecret = '';
  let temporaryPassword = '';
  const codeNow = () => codeAt(codeSecret, server.clock.epochMs());

  it('are set up by whoever sits at the machine, with a password that is hard to guess', async () => {
    ada = await openPage(browser);
    const { page } = ada;
    await page.goto(server.url);
    await page.getByRole('link', { name: 'Set up log-ins' }).click(patience);
    await fill(page, 'Log-in name', 'Ada');
    await fill(page, 'Name, as colleagues see it', 'Ada Lovelace');
    await fill(page, 'New password', 'password1234');
    await press(page, 'Create');
    await says(page, 'Others would guess this password.');
    await fill(page, 'New password', password);
    await picture(page, 'people-set-up');
    await press(page, 'Create');
    await page.waitForURL(/\/people$/, patience);
    await says(page, 'Ada Lovelace');
  });

  it('are added with what the router needs to know, and a password that is shown once', async () => {
    const { page } = ada;
    await press(page, 'Add somebody');
    await fill(page, 'Log-in name', 'bo');
    await fill(page, 'Name, as colleagues see it', 'Bo 王');
    await page.getByLabel('Teams', { exact: true }).fill('returns');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await press(page, 'Add a skill');
    await fill(page, 'Skill', 'refunds');
    await fill(page, 'Level', '4');
    await picture(page, 'people-form');
    await press(page, 'Create');
    await says(page, 'it is shown only once');
    const dialog = page.getByRole('dialog').filter({ hasText: 'shown only once' });
    temporaryPassword = (await dialog.locator('code').first().innerText()).trim();
    expect(temporaryPassword).toMatch(/^(\w{4}-){3}\w{4}$/);
    await press(page, 'OK');
    await says(page, 'refunds 4');
    const [, person] = await server.people.list();
    expect(person?.profile).toEqual({
      teams: ['returns'],
      languages: ['en', 'zh'],
      skills: { refunds: 4 },
      textCapacity: 3,
    });
  });

  it('connect an authenticator, and then log in with its codes, each once', async () => {
    const { page } = ada;
    await page.getByRole('link', { name: 'Ada Lovelace' }).click();
    await press(page, 'Connect an authenticator');
    // The form above has the same label.
    await page.getByLabel('Password you have now', { exact: true }).last().fill(password);
    await press(page, 'Next');
    await page.locator('.ant-qrcode svg').waitFor(patience);
    codeSecret = (await page.locator('.ant-card code').first().innerText()).trim();
    await fill(page, 'One-time code', codeNow());
    await picture(page, 'people-enrol');
    await press(page, 'Confirm');
    await says(page, 'An authenticator is connected.');
    await press(page, 'Log out');

    const used = codeNow();
    await logIn(page, 'ada', password);
    await says(page, 'Now the six digits');
    await fill(page, 'One-time code', used);
    await press(page, 'Log in');
    await says(page, 'This code is wrong or was used.');
    await picture(page, 'people-code');
    stepOn();
    await fill(page, 'One-time code', codeNow());
    await press(page, 'Log in');
    await page.getByRole('menuitem', { name: 'Audit log' }).waitFor(patience);
  });

  it('who log in first with a password of somebody else choose their own', async () => {
    bo = await openPage(browser);
    const { page } = bo;
    await page.goto(`${server.url}/people`);
    await says(page, 'Log in');
    expect(await page.getByRole('menuitem').count()).toBe(0);
    await picture(page, 'people-log-in');
    await logIn(page, 'BO', temporaryPassword);
    await says(page, 'Your password was made by somebody else.');
    await picture(page, 'people-first-log-in');
    await fill(page, 'Password you have now', temporaryPassword);
    await fill(page, 'New password', own);
    await press(page, 'Change password');
    await says(page, 'This page is not for your role.');
  });

  it('see and get only what is for their role', async () => {
    const { page } = bo;
    const menu = await page.getByRole('menuitem').allInnerTexts();
    expect(menu.map((text) => text.trim()).filter(Boolean)).toEqual(['Test call', 'Desk']);
    const asked = ['/api/people', '/api/audit', '/api/account'].map((path) =>
      page.evaluate<number>(`fetch('${path}').then(({ status }) => status)`),
    );
    expect(await Promise.all(asked)).toEqual([403, 403, 200]);
    const cookie = (await page.context().cookies()).find(({ name }) => name === 'kefu_session');
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    expect(await page.evaluate<string>('document.cookie')).toBe('');
  });

  it('are logged out at once when they are disabled, and let in again afterwards', async () => {
    const { page } = ada;
    await page.getByRole('menuitem', { name: 'People' }).click();
    const row = page.getByRole('row').filter({ hasText: 'Bo 王' });
    await row.getByRole('button', { name: 'Disable' }).click(patience);
    await page.getByRole('tooltip').getByRole('button', { name: 'Disable' }).click(patience);
    await row.getByText('disabled').waitFor(patience);
    await bo.page.goto(`${server.url}/account`);
    await logIn(bo.page, 'bo', own);
    await says(bo.page, 'The name or the password is wrong.');
    await row.getByRole('button', { name: 'Enable' }).click(patience);
    await row.getByText('disabled').waitFor({ ...patience, state: 'detached' });
  });

  it('who guess wait, longer than anybody mistypes', async () => {
    const { page } = bo;
    for (let wrong = 0; wrong < 4; wrong += 1) {
      const answered = page.waitForResponse((response) => response.url().endsWith('/api/session'));
      await logIn(page, 'bo', `wrong ${String(wrong)}`);
      expect((await answered).status()).toBe(401);
    }
    const refused = page.waitForResponse((response) => response.status() === 429);
    await logIn(page, 'bo', own);
    expect((await refused).headers()['retry-after']).toBe('30');
    await says(page, 'There were too many tries.');
    await says(page, /^You can try again (?:in 0:[0-3]\d|now\.)$/);
    await picture(page, 'people-locked');
    server.clock.advance(30_000);
    await logIn(page, 'bo', own);
    await page.getByRole('link', { name: 'Bo 王' }).waitFor(patience);
  });

  it('log out everywhere', async () => {
    const other = await openPage(browser);
    await other.page.goto(`${server.url}/account`);
    await logIn(other.page, 'bo', own);
    await says(other.page, 'Where you are logged in');
    await other.page.locator('tbody tr').nth(1).waitFor(patience);
    await press(other.page, 'Log out everywhere');
    await other.page.getByLabel('Log-in name').waitFor(patience);
    await bo.page.reload();
    await bo.page.getByLabel('Log-in name').waitFor(patience);
    expect([ada, bo, other].flatMap(faults)).toEqual([]);
  });

  const looks = [
    ['zh', 'dark', 1180],
    ['en', 'light', 390],
  ] as const;
  for (const [language, theme, width] of looks) {
    it(`have their pages in ${language}, ${theme}, ${String(width)} pixels wide`, async () => {
      const watched = await openPage(browser, { language, theme, width });
      const { page } = watched;
      await page.context().addCookies(await ada.page.context().cookies());
      for (const name of ['people', 'audit', 'account']) {
        await page.goto(`${server.url}/${name}`);
        await page.locator('.ant-card, tbody tr.ant-table-row').first().waitFor(patience);
        await picture(page, `${name}-${language}-${theme}-${String(width)}`);
        expect(await innerWidth(page), `${name} in ${language}`).toBeLessThanOrEqual(width);
      }
      const [add, limited, monday, wrong] =
        language === 'en'
          ? [
              'Add somebody',
              'Works at certain hours only',
              'Mon',
              'Write it as 09:00-18:00, 15 minutes or more.',
            ]
          : ['添加人员', '仅在规定时间工作', '周一', '请按 09:00-18:00 填写，至少 15 分钟。'];
      await page.goto(`${server.url}/people`);
      await press(page, add);
      await page.getByLabel(limited).click(patience);
      await fill(page, monday, '9-5');
      await says(page, wrong);
      await page.getByLabel(language === 'en' ? 'Days off' : '休息日').scrollIntoViewIfNeeded(patience);
      await picture(page, `people-hours-${language}-${theme}-${String(width)}`);
      expect(await innerWidth(page), `hours in ${language}`).toBeLessThanOrEqual(width);
      expect(faults(watched)).toEqual([]);
      await page.close();
    });
  }

  it('are accounted for', async () => {
    const { page } = ada;
    await page.getByRole('menuitem', { name: 'Audit log' }).click();
    await says(page, 'set Kefu up');
    const done = (await server.audit.list({ limit: 100, action: 'person' })).map(({ action }) => action);
    expect(done.toReversed()).toEqual([
      'person.set-up',
      'person.added',
      'person.code-enrolled',
      'person.password-changed',
      'person.disabled',
      'person.enabled',
    ]);
    const refused = await server.audit.list({ limit: 100, action: 'session.refused' });
    expect(refused.map(({ actor, details }) => [actor.name, details.wrong])).toEqual([
      ...Array.from({ length: 4 }, () => ['Bo 王', 'password']),
      ['Bo 王', 'password'],
      ['Ada Lovelace', 'code'],
    ]);
  });
});
