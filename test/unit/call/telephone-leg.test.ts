import { describe, expect, it } from 'vitest';
import { startTelephoneLeg } from '../../../src/call/telephone-leg.ts';
import { createDigitCollector } from '../../../src/listen/digits.ts';
import { createTurnDetector } from '../../../src/listen/turn-detector.ts';
import {
  fakeBus,
  fakeLog,
  FakeVoiceMedia,
  loudnessDetector,
  scriptedRecognizer,
  tone,
  toneSynthesizer,
  utterance,
} from '../../support/call-fakes.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const summary = utterance('A call for you. Press 1 to take it.');

function answered() {
  const clock = new ManualClock();
  const media = new FakeVoiceMedia();
  const recognizer = scriptedRecognizer(['should not be heard']);
  const leg = startTelephoneLeg(media, {
    stages: {
      recognizer: () => recognizer,
      synthesizer: toneSynthesizer(),
      createVoiceActivity: loudnessDetector,
      createTurnDetector,
      createDigitCollector,
    },
    clock,
    log: fakeLog(),
    bus: fakeBus(),
    language: 'en',
  });
  const asked = leg.ask(summary);
  return { clock, media, leg, asked };
}

describe('the telephone of a person', () => {
  it('says what it is about, and is taken with 1', async () => {
    const { clock, media, leg, asked } = answered();
    await clock.advanceAsync(1_000);
    expect(media.packets.length).toBeGreaterThan(20);
    media.key('1');
    await clock.advanceAsync(100);
    expect(await asked).toBe('taken');
    const before = media.packets.length;
    leg.hear(tone(100, 16_000));
    expect(media.packets.length - before).toBe(5);
    const heard: number[] = [];
    leg.onSpeech((samples) => heard.push(samples.length));
    media.hear(true);
    await clock.advanceAsync(40);
    expect(heard.length).toBeGreaterThan(0);
    leg.hangUp();
    await leg.gone;
    expect(media.hungUp).toBe(true);
  });

  it.each(['2', 'hang up'])('is left to others with %s', async (how) => {
    const { clock, media, asked } = answered();
    await clock.advanceAsync(500);
    if (how === '2') media.key('2');
    else media.finish('caller-hung-up');
    await clock.advanceAsync(100);
    expect(await asked).toBe('declined');
  });

  it('is asked three times, and then counts as not there', async () => {
    const { clock, asked } = answered();
    await clock.advanceAsync(60_000, 100);
    expect(await asked).toBe('no-answer');
  });
});
