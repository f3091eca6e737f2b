import { describe, expect, it } from 'vitest';
import { callingNumber } from '../../../src/core/changes.ts';

describe('the number that calls', () => {
  it.each([
    ['+1 (212) 555-0101', '+12125550101'],
    ['+8613800138000', '+8613800138000'],
    ['2125550101', '2125550101'],
  ])('%s is %s', (from, number) => {
    expect(callingNumber(from)).toBe(number);
  });

  it.each([
    '',
    'anonymous',
    'sip:anonymous@anonymous.invalid',
    'Unavailable',
    '+266696687',
    '+7378742833',
    '911',
  ])('%s is none', (from) => {
    expect(callingNumber(from)).toBeUndefined();
  });
});
