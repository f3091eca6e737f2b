import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../../src/commerce/demo-shop/calendar.ts';
import { createRandom } from '../../../src/commerce/demo-shop/random.ts';

describe('the calendar of the demo shop', () => {
  it.each([
    ['2026-11-28T23:59:00Z', '2026-11-28'],
    // It is still the evening of the 28th where the shop is, and callers are told "today" by its clock.
    ['2026-11-29T02:30:00Z', '2026-11-28'],
    ['2026-11-29T05:30:00Z', '2026-11-29'],
  ])('started at %s counts from %s', (start, day) => {
    const calendar = createCalendar(Date.parse(start), createRandom(1));
    expect(calendar.at(0, 'US')).toContain(day);
    expect(calendar.at(1, 'US') > `${day}T23:59:59Z`).toBe(true);
  });
});
