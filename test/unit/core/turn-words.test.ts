import { describe, expect, it } from 'vitest';
import type { Expecting } from '../../../src/core/dialog.ts';
import { isBackchannel, isInterruption, wordCount } from '../../../src/core/turn-words.ts';

const yesNo: Expecting = { slot: 'confirm', kind: 'yes_no' };

describe('a backchannel', () => {
  it.each([
    'Mm-hmm.',
    'Uh huh,',
    'Yeah, okay.',
    'All right',
    'I see.',
    'Thank you!',
    '嗯。',
    '哦，好的',
    '明白了',
    '对对对',
  ])('is %s', (text) => {
    expect(isBackchannel(text, null)).toBe(true);
  });
  it.each(['', '...', 'Yeah but where is it', 'okay stop', 'no', 'my order', '好的我要退货', '我不明白'])(
    'is not "%s"',
    (text) => {
      expect(isBackchannel(text, null)).toBe(false);
    },
  );
  it('is only a hum while a yes-or-no question is asked', () => {
    expect(isBackchannel('okay', yesNo)).toBe(false);
    expect(isBackchannel('对', yesNo)).toBe(false);
    expect(isBackchannel('mm-hmm', yesNo)).toBe(true);
    expect(isBackchannel('嗯', yesNo)).toBe(true);
  });
});

describe('an interruption', () => {
  it.each([
    'Stop!',
    'wait a minute',
    'No.',
    'hold on, please',
    'Agent',
    '停',
    '等一下，我想问',
    '不对',
    '转人工',
  ])('is %s', (text) => {
    expect(isInterruption(text)).toBe(true);
  });
  it.each(['', 'nobody', 'waiting for it', 'not now', 'stopping', 'okay', '好的'])('is not "%s"', (text) => {
    expect(isInterruption(text)).toBe(false);
  });
});

it('counts words, two Chinese characters for one', () => {
  expect(wordCount('Where is it?')).toBe(3);
  expect(wordCount('转人工')).toBe(1.5);
  expect(wordCount('W-237')).toBe(2);
  expect(wordCount('')).toBe(0);
});
