import { describe, expect, it } from 'vitest';
import { loginSchema } from '../../../src/core/people.ts';
import { codeAt, codeUri, newCodeSecret, stepOfCode } from '../../../src/people/codes.ts';
import { checkNewPassword, createPasswords, temporaryPassword } from '../../../src/people/passwords.ts';

describe('a new password', () => {
  it.each([
    ['elf letters', 'password_short'],
    ['x'.repeat(129), 'password_long'],
    ['password1234', 'password_common'],
    ['123456789012', 'password_common'],
    ['qwertyuiop12', 'password_common'],
    ['aaaaaaaaaaaaaaaa', 'password_common'],
    ['Passw0rd!2024', 'password_common'],
    ['ada.lovelace', 'password_common'],
    ['kefukefukefu', 'password_common'],
  ])('is not %s: %s', async (password, code) => {
    await expect(checkNewPassword(password, ['ada.lovelace', 'Ada'])).rejects.toMatchObject({ code });
  });

  it.each(['plum violin harbour', '天气很好今天去公园玩吧好吗', 'x7mf-q2xd-9hwt-c4np'])(
    'may be %s',
    async (password) => {
      await expect(checkNewPassword(password, ['ada', 'Ada'])).resolves.toBeUndefined();
    },
  );

  it('that is made for somebody is good enough and never the same', async () => {
    const made = Array.from({ length: 20 }, temporaryPassword);
    expect(new Set(made).size).toBe(20);
    for (const password of made) await checkNewPassword(password, []);
  });
});

describe('passwords', () => {
  const passwords = createPasswords();

  it('are kept as argon2id, each with its own salt, and recognised however they are typed', async () => {
    const [one, two] = await Promise.all([passwords.hash('Zürich 客服 1'), passwords.hash('Zürich 客服 1')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await passwords.verify(one, 'Zu\u0308rich 客服 1')).toBe(true);
    expect(await passwords.verify(one, 'zürich 客服 1')).toBe(false);
  });

  it('of nobody are wrong, with the same work', async () => {
    expect(await passwords.verify(undefined, 'anything')).toBe(false);
  });

  it('of too many at once are turned away', async () => {
    const all = await Promise.allSettled(Array.from({ length: 60 }, () => passwords.verify(undefined, 'x')));
    const refused = all.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(10);
    expect(refused[0]).toMatchObject({ reason: { code: 'overloaded' } });
  });
});

describe('one-time codes', () => {
  // RFC 6238, appendix B, with the last six of its eight digits.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_234_567_890, '005924'],
    [20_000_000_000, '353130'],
  ])('are those of RFC 6238 at %i s', (seconds, code) => {
    expect(codeAt(secret, seconds * 1000)).toBe(code);
    expect(stepOfCode(secret, code, seconds * 1000)).toBe(Math.floor(seconds / 30));
  });

  it('are taken one step early or late, and with spaces, but no later', () => {
    const atMs = 1_700_000_000_000;
    const step = Math.floor(atMs / 30_000);
    for (const off of [-1, 0, 1])
      expect(stepOfCode(secret, codeAt(secret, atMs + off * 30_000), atMs)).toBe(step + off);
    for (const off of [-2, 2])
      expect(stepOfCode(secret, codeAt(secret, atMs + off * 30_000), atMs)).toBeUndefined();
    const code = codeAt(secret, atMs);
    expect(stepOfCode(secret, `${code.slice(0, 3)} ${code.slice(3)}`, atMs)).toBe(step);
    for (const wrong of ['', '1', 'abcdef', `${code}0`])
      expect(stepOfCode(secret, wrong, atMs)).toBeUndefined();
  });

  it('are enrolled by an address that authenticators know', () => {
    const made = newCodeSecret();
    expect(made).toMatch(/^[A-Z2-7]{32}$/);
    expect(codeUri(made, 'ada')).toBe(
      `otpauth://totp/Kefu:ada?issuer=Kefu&secret=${made}&algorithm=SHA1&digits=6&period=30`,
    );
  });
});

describe('log-in names', () => {
  it('are the same in upper and lower case, and may be of any script', () => {
    expect(loginSchema.parse(' Ada.Lovelace ')).toBe('ada.lovelace');
    expect(loginSchema.parse('王小明')).toBe('王小明');
    for (const wrong of ['', 'a b', '-x', 'x\u0000', 'a'.repeat(65)])
      expect(loginSchema.safeParse(wrong).success, wrong).toBe(false);
  });
});
