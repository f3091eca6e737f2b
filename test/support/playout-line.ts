import type { AudioFrame, SampleRateHz, WireFormat } from '../../src/core/audio.ts';
import { decodeL16 } from '../../src/media/l16.ts';
import type { PlayoutEvent, PlayoutOptions } from '../../src/media/playout.ts';
import { createPlayout } from '../../src/media/playout.ts';
import { ManualClock } from './manual-clock.ts';

const format: WireFormat = { codec: 'l16', sampleRateHz: 8000, packetMs: 20 };
export interface SentPacket {
  readonly atMs: number;
  readonly samples: Int16Array;
}

/** A playout on a manual clock, and everything it does. */
export function playoutLine(options: Partial<PlayoutOptions> = {}) {
  const clock = new ManualClock();
  const sent: SentPacket[] = [];
  const marks: string[] = [];
  const events: PlayoutEvent[] = [];
  /** Everything that happened on the wire, in order. */
  const wire: string[] = [];
  const playout = createPlayout({
    format,
    clock,
    send: (payload) => {
      const samples = decodeL16(payload);
      sent.push({ atMs: clock.nowMs(), samples });
      wire.push(samples.some((sample) => sample !== 0) ? 'packet' : 'silence');
    },
    mark: (name) => {
      marks.push(name);
      wire.push('mark');
    },
    clear: () => wire.push('clear'),
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { clock, sent, marks, events, wire, playout };
}

export function frameOf(samples: Int16Array, sampleRateHz: SampleRateHz = 8000): AudioFrame {
  return { samples, sampleRateHz, mediaMs: 0 };
}

/** `ms` of loud sound at the wire's rate; sample n of the item has the value 1000 + n. */
export function sound(ms: number, fromSample = 0): AudioFrame {
  return frameOf(Int16Array.from({ length: ms * 8 }, (_, index) => 1000 + ((fromSample + index) % 30000)));
}

export const joined = (packets: readonly SentPacket[]): number[] =>
  packets.flatMap(({ samples }) => [...samples]);
export const ofType = <Type extends PlayoutEvent['type']>(
  events: readonly PlayoutEvent[],
  type: Type,
): Extract<PlayoutEvent, { type: Type }>[] =>
  events.filter((event): event is Extract<PlayoutEvent, { type: Type }> => event.type === type);
