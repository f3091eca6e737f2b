import { describe, expect, it } from 'vitest';
import { describeHours, parseHours } from '../../../tools/people/hours.ts';

describe('hours on the command line', () => {
  it('are read day by day, the later over the earlier, and told in one line', () => {
    const hours = parseHours({
      timeZone: 'Europe/Berlin',
      on: ['mon-fri=09:00-12:00,13:00-18:00', 'Wed=09:00-12:00', 'sun=10:00-14:00'],
      off: '2026-12-25, 2026-12-26',
    });
    expect(hours).toMatchObject({
      mon: ['09:00-12:00', '13:00-18:00'],
      wed: ['09:00-12:00'],
      sat: [],
      closed: ['2026-12-25', '2026-12-26'],
    });
    expect(describeHours(hours)).toBe(
      'mon-tue 09:00-12:00+13:00-18:00, wed 09:00-12:00, thu-fri 09:00-12:00+13:00-18:00, sun 10:00-14:00, Europe/Berlin',
    );
  });

  it.each([
    ['fri-mon=09:00-18:00', /fri-mon/],
    ['someday=09:00-18:00', /someday/],
    ['mon=9-18', /09:00-18:00/],
  ])('are refused with what is wrong: %s', (on, message) => {
    expect(() => parseHours({ timeZone: 'UTC', on: [on], off: undefined })).toThrow(message);
  });
});
