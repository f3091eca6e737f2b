import { describe, expect, it } from 'vitest';
import { openingHoursSchema } from '../../../../src/core/hours-schema.ts';
import { hoursOf, hoursValuesOf, isClosed, isDay } from '../../../../src/web/people/hours-values.ts';

const hours = openingHoursSchema.parse({
  timeZone: 'Asia/Shanghai',
  mon: ['09:00-12:00', '13:00-18:00'],
  fri: ['22:00-24:00'],
  closed: ['2026-10-01', '2026-10-02'],
});

describe('hours in the form of a person', () => {
  it('come back as they went in', () => {
    const values = hoursValuesOf(hours);
    expect(values).toMatchObject({ limited: true, mon: '09:00-12:00, 13:00-18:00', tue: '' });
    expect(hoursOf(values)).toEqual(hours);
  });

  it('are none for somebody who is not limited to them, whatever is written', () => {
    expect(hoursOf({ ...hoursValuesOf(hours), limited: false })).toBeUndefined();
    const fresh = hoursValuesOf(undefined);
    expect(fresh.limited).toBe(false);
    expect(hoursOf({ ...fresh, limited: true })?.timeZone).toBe(fresh.timeZone);
  });

  it.each([
    ['09:00-18:00', true],
    ['', true],
    ['09:00-12:00，13:00–18:00', true],
    ['09：00-12：00、13：00-18：00', true],
    ['9-18', false],
    ['18:00-09:00', false],
    ['09:00-09:10', false],
  ])('take "%s" as a day: %s', (text, valid) => {
    expect(isDay(text)).toBe(valid);
  });

  it.each([
    ['2026-12-25, 2027-01-01', true],
    ['', true],
    ['25.12.2026', false],
    ['2026-02-30', false],
  ])('take "%s" as days off: %s', (text, valid) => {
    expect(isClosed(text)).toBe(valid);
  });
});
