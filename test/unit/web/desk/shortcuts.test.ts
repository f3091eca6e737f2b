import { describe, expect, it } from 'vitest';
import { shortcutOf, shortcuts } from '../../../../src/web/desk/shortcuts.ts';
import { dialable, isDialable } from '../../../../src/web/desk/dialable.ts';

const pressed = (code: string, change = {}) => ({
  altKey: true,
  ctrlKey: false,
  metaKey: false,
  repeat: false,
  code,
  ...change,
});

describe('shortcuts', () => {
  it('are keys with Alt alone, pressed once', () => {
    expect(shortcutOf(pressed('KeyA'))).toBe('answer');
    expect(shortcutOf(pressed('Digit3'))).toBe(3);
    expect(shortcutOf(pressed('Digit0'))).toBeUndefined();
    expect(shortcutOf(pressed('KeyA', { altKey: false }))).toBeUndefined();
    // On many keyboards the right Alt key is Control and Alt, and writes letters.
    expect(shortcutOf(pressed('KeyA', { ctrlKey: true }))).toBeUndefined();
    expect(shortcutOf(pressed('KeyM', { repeat: true }))).toBeUndefined();
  });

  it('have a key each', () => {
    const codes = Object.values(shortcuts).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe('numbers to transfer to', () => {
  it('are E.164 numbers as people write them, and SIP addresses', () => {
    expect(dialable(' +49 (30) 123-456.7 ')).toBe('+49301234567');
    expect(isDialable('+49301234567')).toBe(true);
    expect(isDialable(dialable('sip:help@example.com'))).toBe(true);
    for (const wrong of ['', '030123456', '+0301234567', 'sip:help', 'sip:a b@c']) {
      expect(isDialable(wrong), wrong).toBe(false);
    }
  });
});
