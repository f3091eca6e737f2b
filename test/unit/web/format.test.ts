import { describe, expect, it } from 'vitest';
import { formatDuration, formatOffset, formatTime, outcomeColour } from '../../../src/web/format.ts';

describe('times as people read them', () => {
  it.each([
    [0, '0:00.0'],
    [-104, '0:00.0'],
    [949, '0:00.9'],
    [59_960, '1:00.0'],
    [65_250, '1:05.3'],
    [600_000, '10:00.0'],
  ])('%i ms into a call are %s', (ms, text) => {
    expect(formatOffset(ms)).toBe(text);
  });

  it.each([
    [0, '0:00'],
    [59_600, '1:00'],
    [125_000, '2:05'],
  ])('%i ms last %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('are written as the language writes them', () => {
    const noon = Date.UTC(2026, 4, 12, 12);
    expect(formatTime(noon, 'en')).toContain('2026');
    expect(formatTime(noon, 'zh')).toContain('2026年');
  });
});

describe('the colour of an outcome', () => {
  it('tells calls that go on, went well, went to people and failed apart', () => {
    const colours = [null, 'resolved', 'transferred', 'failed', 'abandoned'].map(outcomeColour);
    expect(new Set(colours).size).toBe(colours.length);
    expect(outcomeColour('something-new')).toBe(outcomeColour('abandoned'));
  });
});
