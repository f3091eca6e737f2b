import { z } from 'zod';
import {
  isDate,
  isLongEnough,
  isTimeZone,
  maxClosedDays,
  maxPeriods,
  periodPattern,
  shortestPeriodMinutes,
} from './hours.ts';

const periodSchema = z
  .string()
  .regex(periodPattern, 'must look like 09:00-18:00')
  .refine(isLongEnough, {
    message: `must last at least ${shortestPeriodMinutes} minutes and end on the same day`,
  });

const daySchema = z.array(periodSchema).max(maxPeriods).readonly().default([]);

/** Reads `OpeningHours`; days that are left out have no periods. Apart from them, since pages have no use for the schema. */
export const openingHoursSchema = z.strictObject({
  timeZone: z.string().refine(isTimeZone, 'must be a time zone such as Europe/Berlin'),
  mon: daySchema,
  tue: daySchema,
  wed: daySchema,
  thu: daySchema,
  fri: daySchema,
  sat: daySchema,
  sun: daySchema,
  closed: z
    .array(z.string().refine(isDate, 'must be a date such as 2026-12-25'))
    .max(maxClosedDays)
    .readonly()
    .default([]),
});
